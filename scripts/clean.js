/** Removes what the build made. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const name of ['shared', 'sensor', 'gateway', 'lab']) {
  rmSync(fileURLToPath(new URL(`../packages/${name}/dist`, import.meta.url)), {
    recursive: true,
    force: true,
  });
}
