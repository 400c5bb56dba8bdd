#!/usr/bin/env node
// A fleet that sensorsim-lab conducts over standard input and output; see src/remote. No command for people.
import { existsSync } from 'node:fs';

const entry = new URL('../dist/remote/fleet-process.js', import.meta.url);
if (existsSync(entry)) {
  await import(entry.href);
} else {
  process.stderr.write('sensorsim-fleet is not built. Run: npm run build\n');
  process.exitCode = 4;
}
