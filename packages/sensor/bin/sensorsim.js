#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Until the program has handlers of its own: the first process of a container is not ended by a signal that it does not handle.
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

const entry = new URL('../dist/cli.js', import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  process.stderr.write('sensorsim is not built. Run: npm run build\n');
  process.exitCode = 4;
}
