import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommand } from './command.js';
import { sensorOptions } from './options.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

class Text extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function sensorsim(
  argv: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const stdout = new Text();
  const stderr = new Text();
  const args = argv === '' ? [] : argv.split(' ');
  const code = await runCommand({
    argv: args,
    env,
    hostName: 'box-7',
    stdout,
    stderr,
    onSignal: () => () => {},
  });
  return { code, out: stdout.text, err: stderr.text };
}

describe('sensorsim', () => {
  it('shows every flag in help, with examples', async () => {
    const { code, out } = await sensorsim('--help');
    expect(code).toBe(0);
    for (const { flags } of Object.values(sensorOptions)) {
      expect(out).toContain(flags.split(' <')[0]);
    }
    expect(out).toContain('sensorsim --type temp --delay 200');
  });

  it('lists types with their parameters, and formats', async () => {
    const types = await sensorsim('--list-types');
    expect(types.code).toBe(0);
    expect(types.out).toMatch(/temperature, temp \(Cel\)[\s\S]*--set temperature\.base=21/);
    const formats = await sensorsim('--list-formats');
    expect(formats.out).toMatch(/^json +application\/json/m);
  });

  it('gives the same settings other devices and another seed on each machine', async () => {
    const run = await sensorsim('--limit 2 -c 2 --clock virtual --out - --seed lab-{host}', {
      SENSORSIM_ID: '{prefix}-{host}-{n}',
    });
    expect(run.out).toContain('"id":"temp-box-7-0001"');
    const named = await sensorsim('--limit 2 -c 2 --clock virtual --out - --seed lab-box-7', {
      SENSORSIM_ID: '{prefix}-box-7-{n}',
    });
    expect(named.out).toBe(run.out);
  });

  it('reports all problems at once, with what was likely meant', async () => {
    const { code, out, err } = await sensorsim(
      '--cuont 3 --type tmp --delay 5x -q 7 --clock fast --clock virtual --shard 4/3',
      { SENSORSIM_JITTER: 'much' },
    );
    expect(code).toBe(2);
    expect(out).toBe('');
    for (const line of [
      '--cuont: unknown flag (did you mean "--count"?)',
      '--type: there is no sensor type "tmp" (did you mean "temp"?)',
      '--delay: "5x" is not a duration',
      '--qos: "7" must be 0 to 2',
      '--clock virtual: it would never end',
      '--shard: "4/3" must be i/n',
      'SENSORSIM_JITTER: "much" is not a duration',
    ]) {
      expect(err).toContain(line);
    }
    expect(err).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['-h a --broker mqtt://b', '--host and --broker'],
    ['--out x -h a', '--out and --host'],
    ['--out x --post http://a', '--out and --post'],
    ['--rate 5 --delay 10', '--rate and --delay'],
    ['--out - --json', '--out - and --json'],
    ['--workers 3 -c 2', '--workers: 3 are more than the 2'],
    ['--connections 3 -c 2', '--connections: 3 are more than the 2 devices'],
    ['--clock virtual', '--clock virtual: it would never end'],
    ['--jitter 2s', '--jitter: must be at most the delay'],
    ['--user-property a=b', '--user-property: needs MQTT 5'],
    ['--will-payload x', 'need --will-topic'],
    ['--status-topic a --will-topic b', '--status-topic and --will-topic'],
    ['--cert nowhere.pem', '--cert and --key'],
    ['--cafile nowhere.pem', '--cafile: cannot read nowhere.pem'],
    ['--topic sensors/#', '--topic: "sensors/#" holds + or #'],
    ['--topic {idd}', '--topic: "{idd}" is not a template'],
    ['-i same -c 2', '--client-id: gives several connections one id'],
    ['--id same -c 2', '--id: "same" gives more than one device'],
    ['--set temperature.bsae=2', 'did you mean "base"'],
    ['--set light.base=2', '"light" is no type of this fleet'],
    ['--set base', '--set: "base" is not type.parameter=value'],
    ['--format senml-cbor --out x', '--format senml-cbor and --out'],
    ['--format jsno', 'did you mean "json"'],
    ['--post http://a --type humidity', '--post: a pair is temperature and light'],
    ['--post ftp://a', '--post: "ftp://a" is not an http:// URL'],
    ['--broker http://a', '--broker: http:// is none of'],
    ['--broker mqtt://10.0.0.1 --broker http://a', '--broker: http:// is none of'],
    ['--broker mqtt://u:p@10.0.0.1,mqtt://v:p@10.0.0.2', 'name different users or passwords'],
    ['--broker mqtts://10.0.0.1,mqtt://10.0.0.2 --insecure', '--broker: mqtt:// has no certificates'],
    ['--broker mqtt://10.0.0.1,mqtt://8.8.8.8 --limit 1', '8.8.8.8 is not on this machine'],
    ['--rebalance 1m', '--rebalance: needs --qos 1 or 2'],
    ['--broker mqtt://a --insecure', 'has no certificates'],
    ['--offline queue', '--offline: "queue" must be skip or queue:N'],
    ['--shard 3/5 -c 2', '--shard: 3/5 of so few devices is empty'],
    ['--time-column 2', '--time-column needs --model'],
    ['-h 8.8.8.8 --limit 1', '--host: 8.8.8.8 is not on this machine'],
    ['--attack data.bias --allow-remote', '--attack and --allow-remote'],
    ['--attack id.spoof --out x', 'needs a broker; leave out --out and --post'],
    [
      '--attack data.bias --attack-at 1m --duration 1m',
      '--attack-at: a1 (data.bias) begins when the run is over; it lasts 1m',
    ],
    [
      '--attack data.bias -c 2 --attack-targets temp-0001,temp-003',
      'there is no device "temp-003" (did you mean "temp-0001"?)',
    ],
    ['stray', '"stray": unexpected argument'],
    ['--count', 'argument missing'],
    ['--config nowhere.yaml', 'nowhere.yaml'],
    ['--model nowhere.csv --limit 1', 'nowhere.csv'],
    ['completion tcsh', 'no completion for "tcsh"'],
  ])('refuses %s', async (argv, message) => {
    const { code, out, err } = await sensorsim(argv);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('prints settings that --config reads again, without the secret', async () => {
    const first = await sensorsim('--rate 7 -c 3 --type temp,light --print-config', {
      SENSORSIM_PASSWORD: 'geheim',
    });
    expect(first.code).toBe(0);
    expect(first.out).not.toContain('geheim');
    const path = join(folder, 'settings.yaml');
    writeFileSync(path, first.out);
    const second = await sensorsim(`--config ${path} --print-config`);
    const plain = (text: string): string =>
      text.replace(/ # (flag|file|environment)$/gm, '').replace(/^# password.*$/m, '');
    expect(second.err).toBe('');
    expect(plain(second.out)).toBe(plain(first.out));
  });

  it('names file and line of a bad key', async () => {
    const path = join(folder, 'bad.yaml');
    writeFileSync(path, 'count: 2\nlimt: 5\n');
    const { code, err } = await sensorsim(`--config ${path}`);
    expect(code).toBe(2);
    expect(err).toContain(`${path}:2:1 limt: unknown key (did you mean "limit"?)`);
  });

  it('writes readings to standard output and everything else elsewhere', async () => {
    const { code, out, err } = await sensorsim('--out - --clock virtual --limit 3 --type temp --type light');
    expect(code).toBe(0);
    const readings = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(readings.map(({ id, seq }) => `${id} ${seq}`)).toEqual([
      'temp-0001 0',
      'light-0001 0',
      'temp-0001 1',
    ]);
    expect(err).toContain('offered');
  });

  it('prints one JSON object under --json, with whole accounts', async () => {
    const path = join(folder, 'out.ndjson');
    const { out } = await sensorsim(`--out ${path} --clock virtual --duration 10s -c 10 --rate 50 --json`);
    expect(JSON.parse(out)).toEqual({
      seed: '1',
      durationMs: 10_000,
      readings: { offered: 500, published: 500, acknowledged: 0, late: 0, skipped: 0, failed: 0 },
      rateHz: { offered: 50, achieved: 50 },
      latencyMs: null,
      latenessMs: null,
      connections: { opened: 0, failed: 0, lost: 0, reconnected: 0 },
    });
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(501);
  });

  it.each(['json', 'senml', 'text', 'legacy-json'])('writes format %s', async (format) => {
    const { code, out } = await sensorsim(`--out - --clock virtual --limit 2 --format ${format}`);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').length).toBe(2);
    if (format === 'text') {
      expect(out).toMatch(/^1-1767225600000-\d+(\.\d+)?\n/);
    }
  });

  it('plays a recording in place of a model', async () => {
    const path = join(folder, 'recording.csv');
    writeFileSync(path, 'when,room1\n2026-01-01T00:00:00Z,10\n2026-01-01T00:00:10Z,20\n');
    const { out } = await sensorsim(
      `--out - --clock virtual --limit 3 --delay 5s --model ${path} --time-column when --value-column room1`,
    );
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).value),
    ).toEqual([10, 15, 20]);
  });

  it('records a run folder with a row a reading, and refuses a folder that holds other things', async () => {
    const run = join(folder, 'run');
    const argv = `--out ${join(folder, 'r.ndjson')} --clock virtual --limit 100 -c 3 --record ${run}`;
    expect((await sensorsim(argv)).code).toBe(0);
    expect(readdirSync(run).sort()).toEqual([
      'connections.ndjson',
      'intervals.json',
      'manifest.json',
      'summary.json',
      'truth.ndjson',
    ]);
    const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ seed: '1', clock: 'virtual', counts: { offered: 100 } });
    expect(manifest.files['truth.ndjson'].rows).toBe(100);
    expect((await sensorsim(argv)).code).toBe(0);
    const other = join(folder, 'other');
    rmSync(other, { recursive: true, force: true });
    const { code, err } = await sensorsim(argv.replace(run, folder));
    expect(code).toBe(2);
    expect(err).toContain('holds files that are not of a recorded run');
  });

  it('says so when a file cannot be written', async () => {
    const { code, err } = await sensorsim('--out /nowhere/x --clock virtual --limit 1');
    expect(code).toBe(3);
    expect(err).toContain('cannot write /nowhere/x');
  });
});
