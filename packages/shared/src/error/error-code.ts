import { ExitCode } from './exit-code.js';

/** What one code means, which exit code a program ends with because of it, and what a user does about it. */
export interface ErrorCodeEntry {
  readonly meaning: string;
  readonly exitCode: ExitCode;
  readonly remedy: string;
}

/**
 * The one table of error codes, `AREA_PROBLEM`. `docs/error-codes.md` is generated from it.
 * A code says what is wrong; the error's message says where, with the values at hand.
 */
export const errorCodes = {
  CONFIG_INVALID: {
    meaning:
      'One or more flags, environment variables or configuration keys are unknown, malformed or out of range.',
    exitCode: ExitCode.badUsage,
    remedy: 'Each problem is listed with its place and what would be right; mend them all, then run again.',
  },
  CONFIG_UNREADABLE: {
    meaning: 'A file named on the command line or in the configuration cannot be read or parsed.',
    exitCode: ExitCode.badUsage,
    remedy: 'Check the path, its permissions, and the line named in the message.',
  },
  FILE_UNWRITABLE: {
    meaning:
      'A file or folder that the program writes cannot be created or written: permissions, a missing folder, a full disk.',
    exitCode: ExitCode.unreachable,
    remedy: 'Free space or name another place; what was written before the fault is kept.',
  },
  RUN_INVALID: {
    meaning: 'A folder that should hold a recorded run does not, or its files are damaged.',
    exitCode: ExitCode.badUsage,
    remedy: 'Name a folder written by `sensorsim --record` or `sensorsim-lab up`.',
  },
  INTERNAL: {
    meaning: 'A fault of the program itself.',
    exitCode: ExitCode.internal,
    remedy: 'Report it with the command line and the message.',
  },
  DECODE_EMPTY: {
    meaning: 'The payload has no bytes.',
    exitCode: ExitCode.badUsage,
    remedy: 'Send a reading in one of the known formats.',
  },
  DECODE_MALFORMED: {
    meaning:
      'The payload is not in the format that its topic or content type says, or in none that is known.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Compare the payload in the dead-letter topic with the format; name the format by content type or topic rule.',
  },
  DECODE_INVALID: {
    meaning: 'The payload is well formed, but a field is missing, of the wrong type or out of range.',
    exitCode: ExitCode.badUsage,
    remedy: 'The detail names the field and what it must be.',
  },
  DECODE_TOO_LARGE: {
    meaning: 'The payload is larger than the gateway takes.',
    exitCode: ExitCode.badUsage,
    remedy: 'Send smaller payloads, or raise the limit.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
