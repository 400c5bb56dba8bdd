import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether commands are installed here, for tests of what not every machine has. Where one is missing, says so and which Debian package
 * brings it; with SENSORSIM_REQUIRE_DOCKER=1, as the gate has it, that is a failure.
 * @param commands by name, the package of each
 */
export function installed(commands: Readonly<Record<string, string>>): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const missing = Object.keys(commands).filter(
    (command) => !folders.some((folder) => executable(join(folder, command))),
  );
  if (missing.length === 0) {
    return true;
  }
  const packages = [...new Set(missing.map((command) => commands[command]))].join(' ');
  const message = `not installed: ${missing.join(', ')} (Debian: apt-get install ${packages})`;
  if (process.env.SENSORSIM_REQUIRE_DOCKER === '1') {
    throw new Error(message);
  }
  console.warn(`SKIPPED, ${message}`);
  return false;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
