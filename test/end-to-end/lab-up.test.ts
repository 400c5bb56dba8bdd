import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedTopicReader, EmbeddedTopicWriter } from 'sensorsim-gateway';
import type { AuditSummary, GatewaySummary, SensorSummary } from 'sensorsim-shared';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../packages/lab/bin/sensorsim-lab.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sensorsim-lab-'));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  children.clear();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface LabJson {
  readonly directory: string;
  readonly sensors: SensorSummary;
  readonly gateway: GatewaySummary;
  readonly audit: AuditSummary;
  readonly verdict: 'pass' | 'fail';
  readonly firstLost: readonly { readonly id: string; readonly fromSeq: number; readonly toSeq: number }[];
}

interface Lab {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when standard error holds the text. */
  readonly said: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

function start(argv: readonly string[]): Lab {
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const said = async (text: string): Promise<void> => {
    while (!stderr.includes(text)) {
      await once(child.stderr, 'data');
    }
  };
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, stdout: () => stdout, stderr: () => stderr, said, ended };
}

async function runLab(
  argv: readonly string[],
): Promise<{ code: number | null; json: LabJson; stderr: string }> {
  const lab = start(argv);
  const code = await lab.ended;
  expect(lab.stdout(), lab.stderr()).toMatch(/^\{.*\}\n$/);
  return { code, json: JSON.parse(lab.stdout()) as LabJson, stderr: lab.stderr() };
}

/** A topic like another, without some of its records. */
async function copyTopic(from: string, to: string, keep: (n: number) => boolean): Promise<void> {
  const reader = new EmbeddedTopicReader(from);
  const writer = new EmbeddedTopicWriter({ directory: to });
  await writer.start();
  let n = 0;
  for (const { partition } of await reader.partitions('sensor-readings')) {
    for await (const record of reader.read('sensor-readings', partition)) {
      if (keep(n++)) {
        await new Promise<void>((resolve, reject) => {
          writer.append('sensor-readings', record, (error) =>
            error === undefined ? resolve() : reject(error),
          );
        });
      }
    }
  }
  await writer.stop(5_000);
}

const clean = { lost: 0, duplicated: 0, reordered: 0, deadLettered: 0 };

describe('sensorsim-lab up', () => {
  it('proves that every acknowledged reading is in the topic once and in order, whatever the format', async () => {
    const common = ['--json', '--delay', '50', '--duration', '2s'];
    const formats = [
      ['--qos', '1'],
      ['--qos', '2'],
      ['--format', 'senml-cbor'],
      ['--format', 'text'],
    ];
    const labs = await Promise.all(formats.map((flags) => runLab(['up', ...common, ...flags])));
    for (const { code, json, stderr } of labs) {
      expect(json.audit, stderr).toMatchObject(clean);
      expect(json.audit.acknowledged).toBe(json.sensors.readings.acknowledged);
      expect(json.audit.found).toBe(json.audit.acknowledged);
      expect(json.audit.acknowledged).toBeGreaterThan(12 * 20);
      expect(json.gateway.forwarded).toBe(json.sensors.readings.published);
      expect(json.verdict).toBe('pass');
      expect(code).toBe(0);
    }
    // Four labs at once: each found ports of its own, and said so.
    expect(new Set(labs.map(({ stderr }) => /mqtt {5}(\S+)/.exec(stderr)?.[1])).size).toBe(4);
    const moved = labs.filter(({ stderr }) => stderr.includes(' is in use, so MQTT took the next free one'));
    expect(moved.length).toBeGreaterThanOrEqual(3);
    // A start line and the report: nothing each second.
    for (const { stderr } of labs) {
      expect(stderr).toMatch(/^The lab is running: .*\n( {2}.*\n)+\nRun {2}/);
    }
  });

  it('says at QoS 0 that nothing was promised', async () => {
    const { code, json, stderr } = await runLab([
      'up',
      '--json',
      '--qos',
      '0',
      '--limit',
      '40',
      '--delay',
      '20',
    ]);
    expect(json.audit).toMatchObject({ ...clean, acknowledged: 0, unconfirmed: 40 });
    expect(stderr).toContain('nothing was acknowledged');
    expect(code).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with the audit at %s', async (signal, code) => {
    const lab = start(['up', '--json', '--delay', '50']);
    await lab.said('mosquitto_sub');
    const metrics = /metrics {2}(\S+)/.exec(lab.stderr())?.[1] as string;
    while (!/^sensorsim_gateway_forwarded_total(\{.*\})? [1-9]/m.test(await (await fetch(metrics)).text())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    lab.child.kill(signal);
    expect(await lab.ended).toBe(code);
    const json = JSON.parse(lab.stdout()) as LabJson;
    expect(json.audit).toMatchObject(clean);
    expect(json.audit.found).toBeGreaterThan(0);
    expect(lab.stderr()).toContain('PASS');
    expect(existsSync(join(folder, json.directory, 'manifest.json'))).toBe(true);
  });

  it('leaves a run that can be audited again, against a topic that was tampered with too', async () => {
    const { json } = await runLab(['up', '--json', '--delay', '20', '--limit', '200', '--dir', 'tampered']);
    expect(json.audit).toMatchObject({ ...clean, found: 200 });
    const again = await runLab(['audit', 'tampered', '--json']);
    expect(again.code).toBe(0);
    expect(again.json.audit).toEqual(json.audit);
    expect(again.json.sensors).toEqual(json.sensors);

    await copyTopic(join(folder, 'tampered', 'topic'), join(folder, 'topic-2'), (n) => n !== 7 && n !== 150);
    const lossy = await runLab(['audit', 'tampered', '--topic-dir', 'topic-2', '--json']);
    expect(lossy.json.audit).toMatchObject({ found: 198, lost: 2, duplicated: 0, reordered: 0 });
    expect(lossy.json.firstLost).toHaveLength(2);
    expect(lossy.stderr).toContain('FAIL  2 lost');
    expect(lossy.stderr).toContain(
      `lost  ${lossy.json.firstLost[0]?.id}  seq ${lossy.json.firstLost[0]?.fromSeq}`,
    );
    expect(lossy.code).toBe(1);

    const truth = join(folder, 'tampered', 'truth.ndjson');
    writeFileSync(truth, readFileSync(truth, 'utf8').replace('"acknowledged"', '"acknowledgeD"'));
    const damaged = start(['audit', 'tampered']);
    expect(await damaged.ended).toBe(2);
    expect(damaged.stderr()).toContain('RUN_INVALID');
  });

  it('counts a stranger in, and does not take it for its own', async () => {
    const lab = start(['up', '--json', '--delay', '50']);
    await lab.said('mosquitto_sub');
    const port = /-p (\d+)/.exec(lab.stderr())?.[1] as string;
    const sensorBin = fileURLToPath(new URL('../../packages/sensor/bin/sensorsim.js', import.meta.url));
    const stranger = spawn(
      process.execPath,
      [sensorBin, '-p', port, '-q', '1', '--limit', '30', '--delay', '10', '--id', 'stranger-{i}'],
      { stdio: 'ignore' },
    );
    children.add(stranger);
    expect((await once(stranger, 'close'))[0]).toBe(0);
    lab.child.kill('SIGINT');
    expect(await lab.ended).toBe(130);
    const json = JSON.parse(lab.stdout()) as LabJson;
    expect(json.audit).toMatchObject({ ...clean, foreign: 30 });
    expect(json.gateway.forwarded).toBe(json.audit.found + 30);
  });
});
