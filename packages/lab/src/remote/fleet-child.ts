import { fork } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { fleetProgram } from 'sensorsim';
import type { FleetTransport } from './fleet-transport.js';

/** A fleet in a process of this machine. It ends with this one, however that ends, by the end of its input. */
export interface FleetChild extends FleetTransport {
  /** Undefined: the process could not be made, which `ended` tells. */
  readonly pid: number | undefined;
}

/** Starts the program that plays fleets; `program`: another one, as tests have. */
export function startFleetChild(program: URL = fleetProgram): FleetChild {
  const child = fork(fileURLToPath(program), [], {
    execArgv: [],
    // Out of reach of the terminal's Ctrl-C: the lab decides when its fleets end.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  let failure: string | undefined;
  child.on('error', (error) => {
    failure ??= error.message;
  });
  const ended = new Promise<string>((resolve) => {
    // Not `exit`: what it said last may come after that.
    child.once('close', (exitCode, signal) => resolve(failure ?? signal ?? `exit code ${exitCode}`));
  });
  return {
    pid: child.pid,
    input: child.stdin as Writable,
    output: child.stdout as Readable,
    errors: child.stderr as Readable,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
