import { type ErrorCode, errorCodes } from './error-code.js';
import { ExitCode } from './exit-code.js';

export interface SuiteErrorOptions {
  /** What the user can do next, as one sentence. Absent: the remedy of the code's entry. */
  readonly hint?: string;
  /** Whether the same call may succeed later without a change. Default false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Every single problem, where several were found at once; each is one line. */
  readonly problems?: readonly string[];
}

/** The one error that crosses a module's border. Its code is a key of `errorCodes`. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable: boolean;
  readonly problems: readonly string[];

  constructor(code: ErrorCode, message: string, options: SuiteErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].remedy;
    this.retryable = options.retryable ?? false;
    this.problems = options.problems ?? [];
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exitCode;
  }
}

/** The message of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What a program prints on standard error when it ends on `error`: message, problems, hint, code.
 * A stack trace is shown only for a fault of the program itself.
 */
export function renderError(program: string, error: unknown): string {
  if (!(error instanceof SuiteError)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${program}: internal error: ${detail}\n  ${errorCodes.INTERNAL.remedy} (INTERNAL)\n`;
  }
  const lines = [`${program}: ${error.message}`];
  for (const problem of error.problems) {
    lines.push(`  - ${problem}`);
  }
  lines.push(`  ${error.hint} (${error.code})`);
  return `${lines.join('\n')}\n`;
}

/** The exit code a program ends with because of `error`. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof SuiteError ? error.exitCode : ExitCode.internal;
}
