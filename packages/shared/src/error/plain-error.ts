import { type ErrorCode, errorCodes } from './error-code.js';
import { messageOf, SuiteError } from './suite-error.js';

/** An error as it crosses from one thread or process to another: plain, so that any channel carries it. */
export interface PlainError {
  readonly message: string;
  /** Absent: a fault of the program itself. */
  readonly code?: ErrorCode | undefined;
  readonly hint?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly problems?: readonly string[] | undefined;
  /** Only of a fault of the program itself. */
  readonly stack?: string | undefined;
}

/** Of anything thrown. */
export function plainError(error: unknown): PlainError {
  if (error instanceof SuiteError) {
    const { message, code, hint, retryable, problems } = error;
    return { message, code, hint, retryable, problems };
  }
  return { message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

/** The error at the other side: a `SuiteError` where it was one there and its code is known here. */
export function errorOfPlain({ message, code, hint, retryable, problems, stack }: PlainError): Error {
  if (code !== undefined && Object.hasOwn(errorCodes, code)) {
    return new SuiteError(code, message, {
      ...(hint !== undefined && { hint }),
      ...(retryable !== undefined && { retryable }),
      ...(problems !== undefined && { problems }),
    });
  }
  const error = new Error(message);
  if (stack !== undefined) {
    error.stack = stack;
  }
  return error;
}
