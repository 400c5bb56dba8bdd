import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sensorsim-pack-'));
const tarballs = new Map<string, string>();

beforeAll(async () => {
  await run('npm', ['pack', '--workspaces', '--pack-destination', folder, '--ignore-scripts'], { cwd: root });
  for (const file of readdirSync(folder)) {
    tarballs.set(file.replace(/-\d+\.\d+\.\d+\.tgz$/, ''), join(folder, file));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages of this repository that a package needs, itself included. */
function closure(name: string, directory: string): string[] {
  const { dependencies } = JSON.parse(
    readFileSync(join(root, 'packages', directory, 'package.json'), 'utf8'),
  );
  return [name, ...Object.keys(dependencies).filter((dependency) => tarballs.has(dependency))];
}

describe.each([
  ['sensorsim-shared', 'shared', false],
  ['sensorsim', 'sensor', true],
  ['sensorsim-gateway', 'gateway', true],
  ['sensorsim-lab', 'lab', true],
])('%s', (name, directory, hasBin) => {
  it('installs from its tarball into an empty folder and runs there', { timeout: 180_000 }, async () => {
    const home = mkdtempSync(join(folder, `${directory}-`));
    writeFileSync(join(home, 'package.json'), '{"private":true}');
    const files = closure(name, directory).map((dependency) => tarballs.get(dependency) as string);
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...files], { cwd: home });

    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', `console.log(Object.keys(await import('${name}')).length > 0)`],
      { cwd: home },
    );
    expect(stdout.trim()).toBe('true');
    if (hasBin) {
      const bin = join(home, 'node_modules', '.bin', name);
      const { version } = JSON.parse(readFileSync(join(root, 'packages', directory, 'package.json'), 'utf8'));
      expect((await run(bin, ['--version'], { cwd: home })).stdout.trim()).toBe(version);
      expect((await run(bin, ['--help'], { cwd: home })).stdout).toContain(`Usage: ${name}`);
    }
  });

  it('packs neither tests nor sources', async () => {
    const { stdout } = await run('tar', ['tzf', tarballs.get(name) as string]);
    const entries = stdout.trim().split('\n');
    expect(entries).toContain('package/dist/index.js');
    expect(entries).toContain('package/LICENSE');
    expect(entries.filter((entry) => /\.test\.|\/src\/|tsbuildinfo/.test(entry))).toEqual([]);
  });
});
