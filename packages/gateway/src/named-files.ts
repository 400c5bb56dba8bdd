import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { longFlagOf, messageOf, type Option, SuiteError } from 'sensorsim-shared';
import { kafkaConnection } from './forward/kafka/kafka-connection.js';
import { guardFileProblems } from './guard/guard-files.js';
import { type GatewayOptions, gatewayOptions } from './options.js';
import { readBrokerTls } from './receive/tls-files.js';

/**
 * Problems of the files that the settings name: read, and taken apart as the start would do it. Nothing is opened for
 * devices and nothing is written.
 * @param values a setting that is itself wrong is undefined here
 */
export function namedFileProblems(given: Partial<GatewayOptions>): string[] {
  const values = withoutFileToBeMade(given);
  const unreadable = Object.entries(gatewayOptions).flatMap(([name, option]) =>
    unreadableProblem(option, values[name as keyof GatewayOptions]),
  );
  const readers: (() => unknown)[] = [
    () => readBrokerTls(values),
    () => kafkaConnection({ kafka: [], kafkaTls: false, ...values } as GatewayOptions, ''),
  ];
  // A file that cannot be read is said once, by its flag.
  const parsed = [...guardFileProblems(values), ...readers.flatMap(problemsOf)];
  return [...unreadable, ...parsed.filter((text) => !text.includes(': cannot read '))];
}

/** A password file that the start will make is not missed; nor is what it will be told in. */
function withoutFileToBeMade(values: Partial<GatewayOptions>): Partial<GatewayOptions> {
  const { passwords, firstLogin = 'off' } = values;
  const isToBeMade = firstLogin !== 'off' && passwords !== undefined && !existsSync(passwords);
  return { ...values, firstLogin: undefined, ...(isToBeMade && { passwords: undefined }) };
}

function unreadableProblem({ complete, flagOnly, ...option }: Option, path: unknown): string[] {
  if (complete !== 'file' || flagOnly === true || typeof path !== 'string') {
    return [];
  }
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isDirectory() ? [`${longFlagOf(option)}: ${path} is a folder, not a file`] : [];
  } catch (error) {
    return [`${longFlagOf(option)}: cannot read ${path}: ${messageOf(error)}`];
  }
}

function problemsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof SuiteError) {
      return error.problems.length > 0 ? [...error.problems] : [error.message];
    }
    throw error;
  }
}
