import { version } from '../command.js';
import { FleetService } from './fleet-service.js';

/** How long an orphan may take to put down what it holds, ms. */
const orphanMs = 30_000;

if (process.argv.length > 2) {
  process.stderr.write(
    'sensorsim-fleet: takes no arguments: sensorsim-lab starts this program and conducts it over standard input;\n' +
      '  for sensors of your own use sensorsim (CONFIG_INVALID)\n',
  );
  process.exit(2);
}

// A pipe does not block on Linux: what its reader has not taken waits in the stream, which the service bounds.
const service = new FleetService({
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  version: version(),
});

let signals = 0;
const onSignal = (code: number) => (): void => {
  signals++;
  if (signals > 1) {
    // Asked twice: no more waiting.
    process.exit(code);
  }
  service.terminate();
};
process.on('SIGTERM', onSignal(143));
process.on('SIGINT', onSignal(130));
process.stderr.on('error', () => {});
process.stdin.on('end', () => {
  setTimeout(() => process.exit(4), orphanMs).unref();
});

process.exit(await service.run());
