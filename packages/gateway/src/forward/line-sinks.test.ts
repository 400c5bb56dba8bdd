import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import type { SuiteError } from 'sensorsim-shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WritableFile } from '../topic/partition-log.js';
import { FileSink, type FileSinkOptions } from './file-sink.js';
import type { RecordSink, SinkRecord } from './record-sink.js';
import { StdoutSink } from './stdout-sink.js';

let directory: string;
let path: string;
const sinks: RecordSink[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sink-'));
  path = join(directory, 'out.ndjson');
});

afterEach(async () => {
  await Promise.all(sinks.splice(0).map((sink) => sink.stop(0)));
  rmSync(directory, { recursive: true, force: true });
});

const record = (value: string | Uint8Array, change: Partial<SinkRecord> = {}): SinkRecord => ({
  topic: 'sensor-readings',
  key: 'temp-0001',
  value: typeof value === 'string' ? new TextEncoder().encode(value) : value,
  contentType: 'application/json',
  mqttTopic: 'sensors/temperature/temp-0001',
  mqttQos: 1,
  mqttDup: false,
  mqttClientId: 'temp-0001',
  receivedAt: 1_700_000_000_000.75,
  ...change,
});

const append = (sink: RecordSink, one: SinkRecord) =>
  new Promise<void>((resolve, reject) => {
    sink.append(one, (error?: SuiteError) => (error === undefined ? resolve() : reject(error)));
  });

async function fileSink(options: Partial<FileSinkOptions> = {}): Promise<FileSink> {
  const sink = new FileSink({ path, gatewayId: 'gw', retryDelayMs: 1, ...options });
  sinks.push(sink);
  await sink.start();
  return sink;
}

const valuesIn = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).value);

describe('FileSink', () => {
  it('writes a line a record: topic, key, time, headers and the payload as it came', async () => {
    const sink = await fileSink();
    await append(sink, record('{"id":"temp-0001"}\u0000\n'));
    await append(
      sink,
      record(Uint8Array.of(0xff, 0), {
        topic: 'sensor-readings.dead-letter',
        key: '',
        mqttDup: true,
        error: { code: 'DECODE_MALFORMED', detail: 'the payload is not UTF-8' },
      }),
    );
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const headers = {
      'mqtt-topic': 'sensors/temperature/temp-0001',
      'mqtt-qos': '1',
      'mqtt-dup': '0',
      'mqtt-client-id': 'temp-0001',
      'gateway-id': 'gw',
      'received-at': '1700000000000',
      'content-type': 'application/json',
    };
    expect(lines).toEqual([
      {
        topic: 'sensor-readings',
        key: 'temp-0001',
        timestamp: 1_700_000_000_000,
        headers,
        value: '{"id":"temp-0001"}\u0000\n',
      },
      {
        topic: 'sensor-readings.dead-letter',
        key: '',
        timestamp: 1_700_000_000_000,
        headers: {
          ...headers,
          'mqtt-dup': '1',
          'error-code': 'DECODE_MALFORMED',
          'error-detail': 'the payload is not UTF-8',
        },
        valueBase64: '/wA=',
      },
    ]);
  });

  it('goes on where an earlier run ended, and cuts off a line that was not ended', async () => {
    const first = await fileSink();
    await append(first, record('a'));
    await first.stop(1_000);
    appendFileSync(path, `{"topic":"${'x'.repeat(200_000)}`);
    const cuts: number[] = [];
    const second = await fileSink({ onCut: (bytes) => cuts.push(bytes) });
    await append(second, record('b'));
    expect(cuts).toEqual([200_010]);
    expect(valuesIn(readFileSync(path, 'utf8'))).toEqual(['a', 'b']);
  });

  it('keeps a second writer out, and leaves no lock behind', async () => {
    const first = await fileSink();
    await expect(fileSink()).rejects.toMatchObject({ code: 'SINK_LOCKED' });
    await append(first, record('a'));
    await first.stop(1_000);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('says which file it cannot write', async () => {
    await expect(fileSink({ path: join(directory, 'missing', 'x') })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('missing/x'),
    });
    await expect(fileSink({ path: directory })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });

  it('writes to a device as it is', async () => {
    const sink = await fileSink({ path: '/dev/null' });
    await append(sink, record('a'));
    expect(existsSync('/dev/null.lock')).toBe(false);
  });

  it('waits a full disk out: nothing is called safe meanwhile, and no line is torn or doubled', async () => {
    let room = 700;
    const sink = await fileSink({
      open: async (file): Promise<WritableFile> => {
        const real = await open(file, 'r+');
        return {
          write: (async (bytes: Buffer, at: number, length: number, position: number) => {
            const fits = Math.min(length, room);
            room -= fits;
            if (fits === 0) {
              throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
            }
            return real.write(bytes, at, fits, position);
          }) as WritableFile['write'],
          datasync: () => real.datasync(),
          truncate: (length) => real.truncate(length),
          close: () => real.close(),
        };
      },
    });
    await append(sink, record('0'));
    const safe: (string | undefined)[] = [];
    for (let i = 1; i < 6; i++) {
      sink.append(record(`${i}`), (error) => safe.push(error?.code ?? `${i}`));
    }
    while (sink.ready) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(safe).toEqual([]);
    expect(sink.pendingRecords).toBe(5);
    room = 100_000;
    while (sink.pendingRecords > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(sink.ready).toBe(true);
    expect(sink.pendingBytes).toBe(0);
    expect(safe).toEqual(['1', '2', '3', '4', '5']);
    expect(valuesIn(readFileSync(path, 'utf8'))).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

describe('StdoutSink', () => {
  it('waits for a reader that is slow, with one write under way', async () => {
    const written: string[] = [];
    let release: (() => void) | undefined;
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        release = done;
      },
    });
    const sink = new StdoutSink({ stream, gatewayId: 'gw' });
    sinks.push(sink);
    await sink.start();
    const first = append(sink, record('a'));
    while (release === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const others = ['b', 'c', 'd'].map((value) => append(sink, record(value)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(written).toHaveLength(1);
    expect(sink.pendingRecords).toBe(4);
    release();
    await first;
    while (written.length < 2) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    release();
    await Promise.all(others);
    expect(written.map(valuesIn)).toEqual([['a'], ['b', 'c', 'd']]);
    expect(sink.pendingRecords).toBe(0);
  });

  it('calls every record back with the reason when its stream is closed', async () => {
    const stream = new PassThrough();
    const sink = new StdoutSink({ stream, gatewayId: 'gw' });
    sinks.push(sink);
    await sink.start();
    expect(sink.ready).toBe(true);
    stream.destroy(new Error('write EPIPE'));
    const failed = { code: 'FILE_UNWRITABLE', message: expect.stringContaining('EPIPE') };
    await expect(append(sink, record('a'))).rejects.toMatchObject(failed);
    await expect(append(sink, record('b'))).rejects.toMatchObject(failed);
    expect(sink.ready).toBe(false);
  });
});
