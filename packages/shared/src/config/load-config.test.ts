import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { SuiteError } from '../error/index.js';
import { addOptions, readFlags } from './command-line.js';
import {
  bytesField,
  choiceField,
  durationField,
  integerField,
  listField,
  numberField,
  optional,
  switchField,
  textField,
  withDefault,
} from './field.js';
import { loadConfig, resolveConfig } from './load-config.js';
import { defineOptions } from './option.js';

const table = defineOptions({
  count: {
    flags: '-c, --count <n>',
    schema: withDefault(integerField({ min: 1, max: 10 }), 1),
    description: 'devices',
    group: 'Fleet',
  },
  delay: {
    flags: '--delay <time>',
    schema: withDefault(durationField({ min: 1 }), 1_000),
    shownDefault: '1s',
    description: 'interval',
    group: 'Fleet',
  },
  type: {
    flags: '--type <type>',
    schema: withDefault(listField(choiceField(['temperature', 'light'])), ['temperature']),
    list: true,
    description: 'types',
    group: 'Fleet',
  },
  share: {
    flags: '--share <x>',
    schema: optional(numberField({ min: 0, max: 1 })),
    description: 'share',
    group: 'Fleet',
  },
  create: {
    flags: '--no-create',
    schema: withDefault(switchField(), true),
    description: 'create nothing',
    group: 'Topic',
  },
  window: {
    flags: '--window <size>',
    schema: optional(bytesField({ max: 1024 ** 2 })),
    description: 'window',
    group: 'Topic',
  },
  password: {
    flags: '-P, --password <text>',
    schema: optional(textField()),
    secret: true,
    description: 'password',
    group: 'Login',
  },
  list: {
    flags: '--list',
    schema: withDefault(switchField(), false),
    flagOnly: true,
    description: 'list',
    group: 'Other',
  },
});

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const path = join(folder, `${Math.abs(text.length * 31 + text.charCodeAt(0))}.yaml`);
  writeFileSync(path, text);
  return path;
}

function load(argv: string[], env: Record<string, string> = {}, file?: string) {
  const command = addOptions(new Command('x').exitOverride(), table);
  command.parse(argv, { from: 'user' });
  const { flags, problems } = readFlags(command, table);
  return loadConfig({
    table,
    prefix: 'X',
    flags,
    flagProblems: problems,
    env,
    ...(file === undefined ? {} : { file }),
  });
}

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof SuiteError) {
      return error.problems;
    }
    throw error;
  }
  throw new Error('no error');
}

describe('loadConfig', () => {
  it('lets flags win over the environment, that over the file, that over defaults', () => {
    const file = fileOf('count: 2\ndelay: 2s\nshare: 0.5\n');
    const { values, sources } = load(['--count', '4'], { X_COUNT: '3', X_DELAY: '3s' }, file);
    expect(values).toMatchObject({ count: 4, delay: 3_000, share: 0.5, type: ['temperature'], create: true });
    expect(sources).toMatchObject({ count: 'flag', delay: 'environment', share: 'file', type: 'default' });
  });

  it('reads lists from repeated flags, commas, variables and files alike', () => {
    const both = ['temperature', 'light'];
    expect(load(['--type', 'temperature', '--type', 'light']).values.type).toEqual(both);
    expect(load(['--type', 'temperature,light']).values.type).toEqual(both);
    expect(load([], { X_TYPE: 'temperature, light' }).values.type).toEqual(both);
    expect(load([], {}, fileOf('type: [temperature, light]\n')).values.type).toEqual(both);
  });

  it('reads switches that are turned off', () => {
    expect(load(['--no-create']).values.create).toBe(false);
    expect(load([], { X_CREATE: 'off' }).values.create).toBe(false);
    expect(load([], {}, fileOf('create: false\n')).values.create).toBe(false);
  });

  it('reads sizes in powers of 1,024', () => {
    expect(load(['--window', '64K']).values.window).toBe(65_536);
    expect(load(['--window', '64KiB']).values.window).toBe(65_536);
    expect(load(['--window', '100']).values.window).toBe(100);
  });

  it('reads a secret from a file, without its last newline', () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 's3cret \n');
    expect(load(['--password-file', path]).values.password).toBe('s3cret ');
    expect(load([], { X_PASSWORD_FILE: path }).values.password).toBe('s3cret ');
    expect(problemsOf(() => load(['--password-file', join(folder, 'none')]))[0]).toMatch(
      /^--password-file: cannot read .*none: there is no such file$/,
    );
  });

  it('reports every problem of every source at once, each with its place', () => {
    const file = fileOf('delay: soon\ncuont: 3\n\nwindow: 2G\n');
    const problems = problemsOf(() =>
      load(['--count', '0', '--tpye', 'x', '--share', '2'], { X_TYPE: 'lihgt' }, file),
    );
    expect(problems).toEqual([
      '--tpye: unknown flag (did you mean "--type"?)',
      `${file}:2:1 cuont: unknown key (did you mean "count"?)`,
      '--count: "0" must be 1 to 10',
      expect.stringMatching(/delay: "soon" is not a duration/),
      'X_TYPE: "lihgt" must be one of temperature, light (did you mean "light"?)',
      '--share: "2" must be 0 to 1',
      expect.stringMatching(/:4:1 window: "2G" must be at most 1048576 bytes/),
    ]);
  });

  it('reports a stray word, but not the value of an unknown flag a second time', () => {
    expect(problemsOf(() => load(['temp', '--cuont', '3']))).toEqual([
      '"temp": unexpected argument',
      '--cuont: unknown flag (did you mean "--count"?)',
    ]);
  });

  it('names line and column of a file that is not YAML', () => {
    const file = fileOf('count: [1\n');
    expect(problemsOf(() => load([], {}, file))[0]).toMatch(/\.yaml:2:1: /);
  });

  it('names the line of each wrong item of a list', () => {
    const file = fileOf('count: 2\ntype:\n  - temperature\n  - lihgt\n  - ligth\n');
    expect(problemsOf(() => load([], {}, file))).toEqual([
      expect.stringMatching(/\.yaml:4:5 type: "lihgt" must be one of/),
      expect.stringMatching(/\.yaml:5:5 type: "ligth" must be one of/),
    ]);
  });

  it('names the lines of the settings of a file that contradict one another', () => {
    const file = fileOf('count: 2\n# why\nshare: 0.5\n');
    const { problems } = resolveConfig({
      table,
      prefix: 'X',
      flags: { delay: '5s' },
      env: {},
      file,
      check: () => ['--count and --share: choose one', '--delay: too long'],
    });
    expect(problems).toEqual([
      expect.objectContaining({
        file,
        line: 1,
        column: 1,
        key: 'count',
        message: `--count and --share: choose one (${file}:1:1 count, ${file}:3:1 share)`,
      }),
      { message: '--delay: too long' },
    ]);
  });

  it.each([
    ['a tag that means nothing', 'count: !big 3\n', /:1:8: Unresolved tag/],
    ['a key that stands twice', 'count: 1\ncount: 2\n', /:2:1: Map keys must be unique/],
    ['an alias without its anchor', 'count: *none\n', /:1:8: the alias \*none has no anchor before it/],
    [
      'an alias that grows without bound',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n`,
      /Excessive alias count/,
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(problemsOf(() => load([], {}, fileOf(text)))).toEqual([expect.stringMatching(problem)]);
  });

  it('reads what an alias stands for', () => {
    const both = 'type: &kinds [light]\npassword: &p secret\nwindow: 5\n';
    expect(load([], {}, fileOf(both)).values).toMatchObject({ type: ['light'], password: 'secret' });
    expect(load([], {}, fileOf('count: &n 3\nwindow: *n\n')).values).toMatchObject({ count: 3, window: 3 });
  });

  it('says that a file cannot be read', () => {
    expect(() => load([], {}, join(folder, 'missing.yaml'))).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE' }),
    );
  });

  it('knows command-line-only options neither in the environment nor in a file', () => {
    expect(load([], { X_LIST: 'true' }).values.list).toBe(false);
    expect(problemsOf(() => load([], {}, fileOf('list: true\n')))[0]).toContain('unknown key');
  });
});

describe('addOptions', () => {
  it('shows groups, defaults and the secret file in the help, and leaves -h free', () => {
    const help = addOptions(new Command('x'), table).helpInformation();
    expect(help).toContain('Fleet:');
    expect(help).toContain('interval (default: 1s)');
    expect(help).toContain('--password-file <path>');
    expect(help).not.toContain('-h, --help');
  });
});
