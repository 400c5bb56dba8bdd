import { messageOf, SuiteError } from 'sensorsim-shared';
import type { WireError } from './protocol.js';

export function toWire(error: unknown): WireError {
  if (error instanceof SuiteError) {
    const { message, code, hint, problems } = error;
    return { message, code, hint, problems };
  }
  return { message: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

export function fromWire({ message, code, hint, problems, stack }: WireError): Error {
  if (code !== undefined) {
    return new SuiteError(code, message, {
      ...(hint !== undefined && { hint }),
      ...(problems !== undefined && { problems }),
    });
  }
  const error = new Error(message);
  if (stack !== undefined) {
    error.stack = stack;
  }
  return error;
}
