export { type ErrorCode, type ErrorCodeEntry, errorCodes } from './error-code.js';
export { ExitCode } from './exit-code.js';
export { errorOfPlain, type PlainError, plainError } from './plain-error.js';
export { exitCodeOf, messageOf, renderError, SuiteError, type SuiteErrorOptions } from './suite-error.js';
