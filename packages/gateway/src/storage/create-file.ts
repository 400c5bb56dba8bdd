import { randomBytes } from 'node:crypto';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, SuiteError } from 'sensorsim-shared';
import { syncDirectory } from './sync-directory.js';

/** Its owner writes, its group reads, as with the files of the spool; the umask may take from that. */
const newFileMode = 0o640;

/**
 * Makes a file, whole and durable, where none is: it appears under its name with all its text, or not at all, and of several
 * who make it at once one does.
 * @returns whether it was made; false: there is one, which stays as it is
 * @throws {SuiteError} FILE_UNWRITABLE
 */
export async function createFile(path: string, text: string): Promise<boolean> {
  // A name of its own, so that what a killed process leaves is in nobody's way.
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(draft, 'wx', newFileMode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(draft, path);
    await syncDirectory(dirname(path));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw new SuiteError('FILE_UNWRITABLE', `cannot write ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}
