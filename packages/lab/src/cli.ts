import { EventEmitter } from 'node:events';
import { runProgram, type StopSignal } from './program.js';

const signals = new EventEmitter<{ signal: [StopSignal] }>();
const stops: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];
let received = 0;

function receive(signal: StopSignal): void {
  received++;
  if (received > 1 || signals.listenerCount('signal') === 0) {
    // Asked twice, or nothing to wind up: end at once.
    process.exit(signal === 'SIGINT' ? 130 : 143);
  }
  signals.emit('signal', signal);
}

for (const signal of stops) {
  // That of bin/sensorsim-lab.js ends the process at once.
  process.removeAllListeners(signal);
  process.on(signal, () => receive(signal));
}
if (process.stderr.isTTY) {
  // Whatever ends the process, the cursor comes back.
  process.on('exit', () => process.stderr.write('\x1b[?25h'));
}
for (const stream of [process.stdout, process.stderr]) {
  // A reader that went away has had enough; the run goes on to its end and its exit code.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
}

process.exitCode = await runProgram({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (listener) => {
    signals.on('signal', listener);
    return () => signals.off('signal', listener);
  },
  interrupt: () => receive('SIGINT'),
});
