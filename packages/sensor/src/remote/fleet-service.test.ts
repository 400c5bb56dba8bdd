import { PassThrough } from 'node:stream';
import { type AttackSpec, ManualClock } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { testOptions, until } from '../sensor.fixture.js';
import { checkTask } from './check-task.js';
import { fleetProtocol, longestTaskBytes } from './fleet-messages.js';
import { FleetService } from './fleet-service.js';
import { type Frame, FrameReader } from './frame.js';

async function fed(...input: readonly (string | Buffer)[]) {
  const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
  const frames: Frame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  streams.output.on('data', (chunk: Buffer) => reader.push(chunk));
  const service = new FleetService({ ...streams, version: '1.2.3' });
  const run = service.run();
  for (const part of input) {
    streams.input.write(part);
  }
  streams.input.end();
  const code = await run;
  const messages = frames.map(({ payload }) => JSON.parse(payload.toString()));
  return { code, messages, stderr: String(streams.errors.read() ?? '') };
}

const task = (options: object, more: object = {}): string =>
  `${JSON.stringify({
    ...{ kind: 'task', protocol: fleetProtocol, fleets: [options], own: 0, attacks: [] as AttackSpec[] },
    ...{ closeTimeoutMs: 1_000, reportMs: 250, ...more },
  })}\n`;

describe('the service that plays a fleet', () => {
  it.each([
    ['nothing', '', /no task had come[\s\S]*sensorsim-lab/],
    ['no JSON', 'hello\n', /"hello"/],
    ['null', 'null\n', /"null"/],
    ['an unknown word', '{"kind":"dance"}\n', /dance/],
    ['a later version', task({}, { protocol: 99 }), /version 99/],
    ['no fleet', task({}, { own: 3 }), /names no fleet/],
    ['no attacks', task({}, { attacks: 'all' }), /names no fleet/],
    ['a setting of another version', task({ colour: 'red' }), /colour: is no setting/],
    ['a setting that is wrong', task({ count: -1 }), /--count/],
    ['several threads', task({ workers: 2 }), /--workers/],
    ['to write to standard output', task({ out: '-' }), /--out: standard output is the lab's/],
  ])('ends with exit code 2, and tells lab and people why, where it is told %s', async (_, input, said) => {
    const { code, messages, stderr } = await fed(input);
    expect(code, stderr).toBe(2);
    expect(messages[0]).toEqual({ kind: 'hello', protocol: fleetProtocol, version: '1.2.3' });
    expect(messages.at(-1)).toMatchObject({ kind: 'end', error: { code: expect.any(String) } });
    expect(JSON.stringify(messages.at(-1).error).replaceAll('\\"', '"')).toMatch(said);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('does not keep a line without end', async () => {
    const piece = Buffer.alloc(8 * 1024 * 1024, 'x');
    const { code, stderr } = await fed(
      ...Array.from({ length: longestTaskBytes / piece.length + 1 }, () => piece),
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/longer than 33554432 bytes/);
  });

  it('has settings as the lab has them, after their way as JSON', () => {
    const options = testOptions({
      ...{
        type: ['temp', 'light'],
        count: 7,
        rate: 12.5,
        jitter: 3,
        seed: 'a b',
        set: ['temperature.base=23'],
      },
      ...{ qos: 1, username: '{id}', password: 'x,y', statusTopic: 'status/{id}', offline: 'queue:1000' },
      ...{
        attack: ['data.bias:offset=3'],
        attackTargets: ['#1,#3-5'],
        shard: '2/3',
        broker: 'mqtt://10.0.0.1:1',
      },
    });
    const parsed = JSON.parse(task(options));
    expect(checkTask(parsed).options).toEqual(options);
  });
});

describe('a fleet whose lab is silent', () => {
  it('ends after a minute, as one whose lab is gone', async () => {
    const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
    const kinds: string[] = [];
    const reader = new FrameReader(({ payload }) => {
      const message = JSON.parse(payload.toString());
      kinds.push(message.kind);
      if (message.kind === 'time') {
        streams.input.write(`${JSON.stringify({ kind: 'time', number: message.number, at: 0 })}\n`);
      }
    });
    streams.output.on('data', (chunk: Buffer) => reader.push(chunk));
    const machine = new ManualClock();
    const run = new FleetService({ ...streams, version: '1.2.3', machine }).run();
    streams.input.write(task(testOptions({ port: 1 })));
    await until('its lab has told the time', () => kinds.filter((kind) => kind === 'time').length === 5);
    await new Promise(setImmediate);
    machine.advance(60_000);
    expect(kinds).not.toContain('end');
    machine.advance(1_000);
    expect(await run).toBe(3);
    expect(kinds.at(-1)).toBe('end');
  });
});
