import { runGatewayCommand, type Signal } from './command/command.js';
import { version } from './version.js';

/** Resolves with the first signal; the second ends the process at once, pending or not. */
function untilSignal(): Promise<Signal> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: Signal): void => {
      if (asked) {
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      asked = true;
      resolve(signal);
    };
    // Those of bin/sensorsim-gateway.js end the process at once.
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

// Whoever read our output may be gone: nothing is lost by that.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

process.exitCode = await runGatewayCommand({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  version,
  untilSignal,
  onHangup: (reload) => process.on('SIGHUP', reload),
});
