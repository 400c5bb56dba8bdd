import { readFileSync } from 'node:fs';

/** The program's name and version, as manifests and `--version` tell them. */
export const tool = {
  name: 'sensorsim-lab',
  version: (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version,
} as const;
