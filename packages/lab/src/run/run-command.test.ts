import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProgramIo, runProgram } from '../program.js';

let cwd: string;
/** Where nothing listens. */
let port: number;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-run-command-'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  mkdirSync(join(cwd, 'a-run'));
  writeFileSync(join(cwd, 'a-run', 'truth.ndjson'), '');
});

afterAll(() => {
  rmSync(cwd, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stderr: string;
}

async function run(text: string, argv: readonly string[] = []): Promise<Ended> {
  writeFileSync(
    join(cwd, 'a.yaml'),
    `version: 1\nclaim: It holds.\nduration: 1s\nfleet: { climate: {} }\n${text}`,
  );
  let stderr = '';
  const io: ProgramIo = {
    argv: ['run', 'a.yaml', ...argv],
    env: {},
    cwd,
    stdin: Object.assign(new EventEmitter(), { resume: () => {}, pause: () => {} }),
    stdout: { write: () => {} },
    stderr: Object.assign(new EventEmitter(), { write: (more: string) => (stderr += more) }),
    onSignal: () => () => {},
    interrupt: () => {},
  };
  return { code: await runProgram(io), stderr };
}

/** A gateway that runs elsewhere, and does not answer. */
function elsewhere(): string {
  return `gateway: { address: "mqtt://127.0.0.1:${port}" }\n`;
}

/** What is asked for, the rest of the file, flags, exit code and message. */
type Refusal = readonly [
  what: string,
  text: () => string,
  argv: readonly string[],
  code: number,
  message: RegExp,
];

const refusals: readonly Refusal[] = [
  ['the virtual clock', () => 'clock: virtual\n', [], 2, /a has the virtual clock.*sensorsim-lab dataset/],
  [
    'an expectation on a topic that nobody knows',
    () => `${elsewhere()}expect: [ delivery.lost = 0 ]\n`,
    [],
    2,
    /a\.yaml: "delivery\.lost = 0" needs the topic that mqtt:\/\/.* writes to; name it with --kafka/,
  ],
  ['a folder that holds a run', () => '', ['--out', 'a-run'], 2, /--out: a-run holds a run already/],
  ['a Kafka that is badly named', () => '', ['--kafka', 'here'], 2, /--kafka: "here" is not host:port/],
  ['a topic that is none', () => '', ['--topic', 'a/b'], 2, /--topic: "a\/b" is not a topic/],
  [
    'a place that takes no report, before anything is played',
    () => '',
    ['--junit', 'a.yaml/report.xml', '--out', 'unplayed'],
    3,
    /^sensorsim-lab: cannot write a\.yaml\/report\.xml/,
  ],
  ['flags of containers without them', () => '', ['--project', 'lab'], 2, /--project: needs --on compose/],
  [
    'flags of Docker without it',
    () => '',
    ['--docker-plain-tcp'],
    2,
    /--docker-plain-tcp: needs --on compose/,
  ],
  ['places that do not exist', () => '', ['--on', 'swarm'], 2, /--on: .*local.*compose/],
  [
    'an engine that is not there',
    () => '',
    ['--on', 'compose', '--docker', 'unix:///nowhere/docker.sock'],
    3,
    /no Docker engine at unix:\/\/\/nowhere\/docker\.sock: there is no such socket/,
  ],
  [
    'an engine on another machine without TLS',
    () => '',
    ['--on', 'compose', '--docker', 'tcp://192.0.2.1:2375'],
    2,
    /--docker: tcp:\/\/192\.0\.2\.1:2375 is on another machine, without TLS/,
  ],
  ['a gateway that does not answer', elsewhere, [], 3, /nothing answers at 127\.0\.0\.1:\d+: .*ECONNREFUSED/],
];

describe('sensorsim-lab run', () => {
  it.each(refusals)('refuses %s', async (_, text, argv, code, message) => {
    const ended = await run(text(), argv);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });

  it('tells all files that cannot be run at once', async () => {
    const { stderr } = await run('clock: virtual\n', ['a.yaml']);
    expect(stderr.match(/virtual clock/g)).toHaveLength(1);
  });

  it('leaves no folder of a run that never began', async () => {
    await run(elsewhere(), ['--out', 'never']);
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });

  it('needs a file', async () => {
    const { code, stderr } = await run('', ['--seed']);
    expect(code).toBe(2);
    expect(stderr).toContain('--seed');
  });
});
