import { readFileSync } from 'node:fs';

/** A word of a command line, in double or single quotes or without. */
const word = /"([^"]*)"|'([^']*)'|(\S+)/g;

/**
 * The command of a systemd unit as systemd would run it.
 * @param key ExecStart or another; of several the last counts
 * @param variables for `${NAME}`
 * @param specifiers for `%H`, `%i`, …, by their letter
 */
export function unitCommand(
  file: string,
  key: string,
  {
    variables = {},
    specifiers = {},
  }: {
    readonly variables?: Readonly<Record<string, string>>;
    readonly specifiers?: Readonly<Record<string, string>>;
  } = {},
): string[] {
  const text = readFileSync(file, 'utf8').replaceAll('\\\n', ' ');
  const lines = [...text.matchAll(new RegExp(`^${key}=-?(.*)$`, 'gm'))].map(([, line]) => line as string);
  const line = lines.at(-1);
  if (line === undefined) {
    throw new Error(`${file} has no ${key}`);
  }
  return [...line.matchAll(word)].map(([, double, single, bare]) =>
    (double ?? single ?? (bare as string))
      .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => known(variables, name, file))
      .replaceAll(/%(\w)/g, (_, letter: string) => known(specifiers, letter, file)),
  );
}

function known(values: Readonly<Record<string, string>>, name: string, file: string): string {
  const value = values[name];
  if (value === undefined) {
    throw new Error(`${file} uses ${name}, which the test does not know`);
  }
  return value;
}

/** Variables of a file of NAME=value lines, as of EnvironmentFile= and `docker run --env-file`. */
export function environmentFile(file: string): Record<string, string> {
  return Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('=') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
