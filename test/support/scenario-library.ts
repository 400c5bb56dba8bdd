import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { run } from './programs.js';

const folder = fileURLToPath(new URL('../../scenarios/', import.meta.url));

/** Names of the scenarios in `scenarios/`: each is the claim that it checks. */
export const scenarioNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => basename(file, '.yaml'));

/** What `sensorsim-lab run --json` prints, as far as tests look at it. */
interface Verdict {
  readonly verdict: 'pass' | 'fail';
  readonly expectations: readonly {
    readonly text: string;
    readonly value: unknown;
    readonly pass: boolean;
  }[];
  readonly problems: readonly string[];
  readonly trace: { readonly arrivals: number; readonly traced: number; readonly untraced: number };
}

/** Several run at once here, beside other tests: how long things take says nothing, and is bounded only to end. */
const busy: Readonly<Record<string, readonly string[]>> = {
  'connect-flood-is-refused-by-rate': ['--set', 'latency=30s'],
  'flooding-device-leaves-others-their-latency': ['--set', 'latency=30s'],
  'botnet-strikes-while-the-topic-is-away': ['--set', 'recovery=60s'],
  'gateway-restart-loses-nothing': ['--set', 'recovery=60s'],
};

/**
 * Runs a scenario as a user does, and expects the verdict that its name claims.
 * @param look looks at the run's folder before it is removed
 */
export async function expectClaim(
  name: string,
  argv: readonly string[] = [],
  look?: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sensorsim-library-'));
  try {
    const out = join(directory, 'run');
    const file = join(folder, `${name}.yaml`);
    const { code, stdout, stderr } = await run('sensorsim-lab', [
      'run',
      file,
      '--json',
      '--quiet',
      '--out',
      out,
      ...(busy[name] ?? []),
      ...argv,
    ]);
    if (stdout === '') {
      throw new Error(`sensorsim-lab ended with ${code}:\n${stderr}`);
    }
    const { verdict, expectations, problems, trace } = JSON.parse(stdout) as Verdict;
    // What the run told people says why.
    expect(
      expectations.filter(({ pass }) => !pass),
      stderr,
    ).toEqual([]);
    expect({ code, verdict, problems }).toEqual({ code: 0, verdict: 'pass', problems: [] });
    expect(trace.untraced).toBe(0);
    expect(trace.traced).toBe(trace.arrivals);
    expect(trace.arrivals).toBeGreaterThan(0);
    await look?.(out);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
