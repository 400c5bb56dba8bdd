import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kafka, startKafka } from '../support/kafka-server.js';

const bin = fileURLToPath(new URL('../../packages/lab/bin/sensorsim-lab.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sensorsim-lab-kafka-'));
let kafka: Kafka;

beforeAll(async () => {
  kafka = await startKafka();
});

afterAll(async () => {
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function lab(argv: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

const up = (dir: string): string[] => [
  'up',
  '--json',
  '--delay',
  '50',
  '--dir',
  dir,
  '--kafka',
  kafka.bootstrap,
];
const clean = { lost: 0, duplicated: 0, reordered: 0, deadLettered: 0, unexplained: 0 };

describe('sensorsim-lab with a real Kafka', () => {
  it('proves two runs of the same devices in the same topic, each on its own', async () => {
    for (const dir of ['first', 'second']) {
      const { code, stdout, stderr } = await lab([...up(dir), '--duration', '2s']);
      expect(code, stderr).toBe(0);
      const { audit, sensors, gateway } = JSON.parse(stdout);
      expect(audit).toMatchObject({ ...clean, acknowledged: sensors.readings.acknowledged });
      expect(audit.found).toBe(gateway.forwarded);
      expect(audit.found).toBeGreaterThan(200);
    }
    const again = await lab(['audit', 'first', 'second', '--json', '--kafka', kafka.bootstrap]);
    expect(again.code, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout).audit).toMatchObject({ ...clean, foreign: 0 });
    const one = await lab(['audit', 'first', '--json', '--kafka', kafka.bootstrap]);
    expect(JSON.parse(one.stdout).audit.foreign).toBeGreaterThan(200);
  });

  it('names the topic that was meant, and a Kafka that is not there', async () => {
    const unknown = await lab(['audit', 'first', '--kafka', kafka.bootstrap, '--topic', 'sensor-reading']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('did you mean "sensor-readings"?');
    const away = await lab(['audit', 'first', '--kafka', '127.0.0.1:1']);
    expect(away.code).toBe(3);
    expect(away.stderr).toContain('KAFKA_UNREACHABLE');
  });
});
