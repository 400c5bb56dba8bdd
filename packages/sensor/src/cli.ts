import { hostname } from 'node:os';
import { runCommand } from './command.js';

let signals = 0;

/** Those of bin/sensorsim.js, which end the process at once. */
function dropEarlyHandlers(): void {
  process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
}

process.exitCode = await runCommand({
  argv: process.argv.slice(2),
  env: process.env,
  hostName: hostname(),
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (callback) => {
    const listen = (signal: 'SIGINT' | 'SIGTERM') => (): void => {
      signals++;
      if (signals > 1) {
        // Asked twice: no more waiting.
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      callback(signal);
    };
    dropEarlyHandlers();
    const onInterrupt = listen('SIGINT');
    const onTerminate = listen('SIGTERM');
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    return () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    };
  },
});
