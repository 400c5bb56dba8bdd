import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { didYouMean, messageOf, type RunManifest, readRunManifest, SuiteError } from 'sensorsim-shared';

/** A run folder that may be audited. */
export interface OpenRun {
  readonly directory: string;
  readonly truthPath: string;
  /** Absent where the run never ended: its process was killed. */
  readonly manifest: RunManifest | undefined;
  /** What the audit's reader has to know. */
  readonly warnings: readonly string[];
}

/**
 * Opens a run folder and checks each of its files against the manifest's SHA-256.
 * @param shown the folder as the user named it
 * @throws {SuiteError} RUN_INVALID: not a run folder, or a file was changed after the run
 */
export async function openRun(directory: string, shown = directory): Promise<OpenRun> {
  const truthPath = join(directory, 'truth.ndjson');
  if (!existsSync(truthPath)) {
    throw new SuiteError('RUN_INVALID', `${shown} is not a run folder: ${whyNot(directory, shown)}`);
  }
  if (!existsSync(join(directory, 'manifest.json'))) {
    const warning = `${shown} has no manifest: the run did not end by itself. What it wrote down is audited, unchecked; its last readings are not in it.`;
    return { directory, truthPath, manifest: undefined, warnings: [warning] };
  }
  const manifest = readRunManifest(directory);
  const problems: string[] = [];
  for (const [name, { sha256, bytes }] of Object.entries(manifest.files)) {
    const problem = await mismatch(join(directory, name), sha256, bytes);
    if (problem !== undefined) {
      problems.push(`${join(shown, name)}: ${problem}`);
    }
  }
  if (problems.length > 0) {
    throw new SuiteError('RUN_INVALID', `${shown} is not as its run left it`, {
      problems,
      hint: 'The manifest holds the SHA-256 of each file; restore the folder from where it was recorded.',
    });
  }
  return { directory, truthPath, manifest, warnings: [] };
}

async function mismatch(path: string, sha256: string, bytes: number): Promise<string | undefined> {
  try {
    const size = statSync(path).size;
    if (size !== bytes) {
      return `${size} bytes, the manifest says ${bytes}`;
    }
    const hash = createHash('sha256');
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
    return hash.digest('hex') === sha256 ? undefined : 'the content differs from what the run wrote';
  } catch (error) {
    return messageOf(error);
  }
}

/** What there is instead of a run, with the likely one. */
function whyNot(directory: string, shown: string): string {
  if (existsSync(directory)) {
    const runs = namesIn(directory).filter((name) => existsSync(join(directory, name, 'truth.ndjson')));
    return runs.length > 0
      ? `it holds runs; name one, as ${join(shown, runs.at(-1) as string)}`
      : 'it has no truth.ndjson';
  }
  const parent = dirname(resolve(directory));
  return `there is no such folder${didYouMean(basename(directory), namesIn(parent))}`;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
