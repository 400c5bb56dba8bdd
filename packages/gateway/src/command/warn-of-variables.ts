import { unknownVariables } from 'sensorsim-shared';
import { gatewayOptions } from '../options.js';
import type { CommandContext } from './command.js';
import { program, variablePrefix } from './subcommand.js';

/** Says which variables bear the program's prefix and mean nothing to it, a line each, before anything else is wrong. */
export function warnOfVariables({ env, stderr }: Pick<CommandContext, 'env' | 'stderr'>): void {
  for (const line of unknownVariables({ prefix: variablePrefix, tables: [gatewayOptions], env })) {
    stderr.write(`${program}: ${line}\n`);
  }
}
