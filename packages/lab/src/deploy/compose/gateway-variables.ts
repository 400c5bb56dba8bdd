import { readFileSync } from 'node:fs';
import { gatewayOptions } from 'sensorsim-gateway';
import { messageOf, type Option, SuiteError, variableOf } from 'sensorsim-shared';
import type { PackedFile } from '../../docker/index.js';

/** Folder of the files that the settings name, below the gateway's own. */
const filePrefix = 'scenario-';

const prefix = 'SENSORSIM_GATEWAY';

/** Whom the service lets in, where it listens and what it is called: a run has its own users, place and name. */
const leftOut: readonly (keyof typeof gatewayOptions)[] = [
  'passwords',
  'firstLogin',
  'acl',
  'allowAnonymous',
  'listen',
  'http',
  'tlsCert',
  'tlsKey',
  'tlsCa',
  'gatewayId',
  'topic',
  'deadLetterTopic',
  'spool',
  'state',
  'logLevel',
  'logFormat',
  'json',
];

/** Variables of the service, or of its image, that are not the run's: an empty one says nothing. */
export const emptied: readonly string[] = leftOut.map((name) => variableOf(prefix, gatewayOptions[name]));

/** Settings as variables, and the files that they name. */
export interface GatewayVariables {
  readonly env: readonly string[];
  readonly files: readonly PackedFile[];
}

export interface GatewayVariablesInput {
  /** As a scenario gives them, by the names of the gateway's table. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folder in the container that takes the files. */
  readonly folder: string;
  /** User that the gateway runs as. */
  readonly owner: number;
}

/**
 * Settings of a gateway as variables of a container. Files that they name come along.
 * @throws {SuiteError} CONFIG_UNREADABLE: a file
 */
export function gatewayVariables({ settings, folder, owner }: GatewayVariablesInput): GatewayVariables {
  const env: string[] = [];
  const files: PackedFile[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const option: Option | undefined = gatewayOptions[name as keyof typeof gatewayOptions];
    if (option === undefined || value === undefined) {
      continue;
    }
    let text = Array.isArray(value) ? value.join(',') : String(value);
    if (option.complete === 'file') {
      const file = `${filePrefix}${name}`;
      files.push({ name: file, content: read(text), owner });
      text = `${folder}/${file}`;
    }
    env.push(`${variableOf(prefix, option)}=${text}`);
  }
  return { env, files };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SuiteError('CONFIG_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
