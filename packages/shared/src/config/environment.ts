import { readFileSync } from 'node:fs';
import { messageOf } from '../error/index.js';
import { type Option, type OptionTable, variableOf } from './option.js';
import { nearest } from './suggest.js';

/** Variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the variable of an option says, or what is wrong with it, and which variable it was. */
export type VariableReading = { readonly place: string } & (
  | { readonly raw: string }
  | { readonly problem: string }
);

/** What the environment says of an option; undefined: nothing. An empty variable says nothing, as compose's `${X:-}`. */
export function readVariable(prefix: string, option: Option, env: Environment): VariableReading | undefined {
  if (!hasVariable(option)) {
    return undefined;
  }
  const place = variableOf(prefix, option);
  const text = env[place];
  const raw = text === '' || text === undefined || isAddressOfService(place, text) ? undefined : text;
  const path = option.secret === true ? env[`${place}_FILE`] : undefined;
  if (path === undefined || path === '') {
    return raw === undefined ? undefined : { place, raw };
  }
  if (raw !== undefined) {
    return { place, problem: `give it, or ${place}_FILE, not both` };
  }
  try {
    return { place: `${place}_FILE`, raw: readSecretFile(path) };
  } catch (error) {
    return { place: `${place}_FILE`, problem: messageOf(error) };
  }
}

/** Why a secret cannot be read, without Node's own wording, which has the path twice. */
const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied; the user that runs the program must be able to read it',
};

/**
 * A secret's file holds the secret and perhaps one newline, which is not part of it.
 * @throws {Error} in words: it cannot be read, or holds nothing
 */
export function readSecretFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = unreadable[String((error as NodeJS.ErrnoException).code)] ?? messageOf(error);
    throw new Error(`cannot read ${path}: ${why}`);
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') {
    throw new Error(`${path} is empty`);
  }
  return secret;
}

/**
 * The file of settings that `--config`, or else the variable, names; undefined: none.
 * @param flags raw values of the flags given, by option name
 */
export function namedConfigFile(
  prefix: string,
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
): string | undefined {
  const path = flags.config ?? env[`${prefix}_CONFIG`];
  return typeof path === 'string' && path !== '' ? path : undefined;
}

export interface UnknownVariablesInput {
  /** Prefix of the program's variables. */
  readonly prefix: string;
  /** Every table of the program. */
  readonly tables: readonly OptionTable[];
  readonly env: Environment;
  /** Beginnings of variables that others read, though they bear the prefix. */
  readonly others?: readonly string[];
}

/**
 * Variables that bear the program's prefix and that it does not know, as a line each for people. They are no errors: whoever
 * shares an environment among programs, or an orchestrator, may have set them.
 */
export function unknownVariables({ prefix, tables, env, others = [] }: UnknownVariablesInput): string[] {
  const start = `${prefix}_`;
  const known = tables
    .flatMap((table) => Object.values<Option>(table))
    .filter(hasVariable)
    .flatMap((option) => {
      const name = variableOf(prefix, option);
      return option.secret === true ? [name, `${name}_FILE`] : [name];
    });
  const isUnknown = (name: string): boolean =>
    name.startsWith(start) &&
    !known.includes(name) &&
    !others.some((other) => name.startsWith(other)) &&
    !isInjected(name, env[name] ?? '');
  // Without the prefix, which all have in common and which would make any two seem near.
  const endings = known.map((name) => name.slice(start.length));
  return Object.keys(env)
    .filter(isUnknown)
    .sort()
    .map((name) => {
      const near = nearest(name.slice(start.length), endings);
      const hint = near === undefined ? '' : ` (did you mean ${start}${near}?)`;
      return `${name}: no such variable, it is ignored${hint}`;
    });
}

function hasVariable({ flagOnly, variableToo }: Option): boolean {
  return flagOnly !== true || variableToo === true;
}

/**
 * Whether Kubernetes or a link of Docker set a variable, because a service bears the name of the program: a service
 * `sensorsim` gives every container SENSORSIM_SERVICE_HOST, SENSORSIM_PORT=tcp://10.0.0.1:1883, SENSORSIM_PORT_1883_TCP_ADDR …
 * (kubernetes.io, "Service: environment variables"; docs.docker.com, "Legacy container links").
 */
function isInjected(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name) ||
    isAddressOfService(name, value) ||
    (/_NAME$/.test(name) && /^\/[^/]+\/[^/]+$/.test(value)) ||
    /_ENV_\w+$/.test(name)
  );
}

/** The one of them that may bear the name of a setting. */
function isAddressOfService(name: string, value: string): boolean {
  return /_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value);
}
