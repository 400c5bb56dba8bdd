import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { integerField, listField, optional, textField, withDefault } from './field.js';
import { loadConfig } from './load-config.js';
import { defineOptions } from './option.js';
import { renderConfig } from './render-config.js';

const group = 'X';
const description = '';
const table = defineOptions({
  count: { flags: '--count <n>', schema: withDefault(integerField(), 1), group, description },
  name: { flags: '--name <name>', schema: optional(textField()), group, description },
  type: {
    flags: '--type <type>',
    schema: withDefault(listField(textField()), []),
    list: true,
    group,
    description,
  },
  password: { flags: '--password <text>', schema: optional(textField()), secret: true, group, description },
  list: { flags: '--list', schema: optional(textField()), flagOnly: true, group, description },
});

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-render-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('shows each setting with its source, hides secrets, and reads back as the same settings', () => {
  const input = { table, prefix: 'X', flags: { type: ['a: b', 'c'], password: 'hush' }, env: {} };
  const loaded = loadConfig(input);
  const text = renderConfig(table, loaded.values, loaded.sources);
  expect(text).toBe(
    'count: 1\n# name: not set\ntype: # flag\n  - "a: b"\n  - c\n# password: set by flag, not shown\n',
  );
  const file = join(folder, 'printed.yaml');
  writeFileSync(file, text);
  expect(loadConfig({ ...input, flags: { password: 'hush' }, file }).values).toEqual(loaded.values);
});
