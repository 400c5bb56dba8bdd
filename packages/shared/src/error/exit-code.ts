/** What a program's exit code tells a script. 130 and 143 follow the shell's convention of 128 + signal. */
export const ExitCode = {
  done: 0,
  verdictFailed: 1,
  badUsage: 2,
  unreachable: 3,
  internal: 4,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
