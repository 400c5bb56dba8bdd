import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProgramIo, runProgram, type StopSignal } from './program.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-program-'));
});

afterEach(() => {
  rmSync(cwd, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: string[], env: Record<string, string> = {}): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const signals = new EventEmitter<{ signal: [StopSignal] }>();
  const io: ProgramIo = {
    argv,
    env,
    cwd,
    stdin: Object.assign(new EventEmitter(), { resume: () => {}, pause: () => {} }),
    stdout: { write: (text: string) => (stdout += text) },
    stderr: Object.assign(new EventEmitter(), { write: (text: string) => (stderr += text) }),
    onSignal: (listener) => {
      signals.on('signal', listener);
      return () => signals.off('signal', listener);
    },
    interrupt: () => signals.emit('signal', 'SIGINT'),
  };
  return { code: await runProgram(io), stdout, stderr };
}

describe('sensorsim-lab', () => {
  it.each([
    [[], 'a command is missing'],
    [['upp'], '"upp" is not a command (did you mean "up"?)'],
    [['--duration', '3s'], '--duration comes after a command, as in sensorsim-lab up --duration'],
    [['up', '--cuont', '3'], '--cuont: unknown flag (did you mean "--count"?)'],
    [['up', '--port'], "option '-p, --port <port>' argument missing"],
    [['up', '--duration', 'soon'], '--duration: "soon" is not a duration'],
    [['up', '--topic', 'a/b'], '--topic: "a/b" is not a topic'],
    [['audit'], 'RUN: name the folder of a recorded run'],
    [['audit', 'nope'], 'nope is not a run folder: there is no such folder'],
    [['audit', 'x', '--kafka', 'here', '--kafka-sasl', 'plain'], '--kafka: "here" is not host:port'],
    [
      ['audit', 'x', '--kafka', 'h:1', '--topic-dir', 'd'],
      '--kafka and --topic-dir: the topic is in one place',
    ],
    [['audit', 'x', '--kafka-tls'], '--kafka-tls: needs --kafka'],
    [
      ['up', '--kafka', 'h:1', '--kafka-sasl', 'plain'],
      '--kafka-sasl, --kafka-username and --kafka-password go',
    ],
    [['completion'], 'name a shell'],
    [['completion', 'tcsh'], 'no completion for "tcsh"'],
  ])('answers %j with what is wrong', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('tells all problems at once, those of the sensors too', async () => {
    const { code, stderr } = await run(
      ['up', '--count', '0', '--type', 'tmep', '--rate', '5', '--delay', '3', '--port', '9464', 'x'],
      { SENSORSIM_LAB_QOS: '7' },
    );
    expect(code).toBe(2);
    for (const problem of [
      '6 problems',
      '"x": unexpected argument',
      '--count: "0" must be 1 to 100000',
      'SENSORSIM_LAB_QOS: "7" must be 0 to 2',
      '--rate and --delay',
      '--port and --http are both 9464',
      '"tmep"',
    ]) {
      expect(stderr).toContain(problem);
    }
  });

  it.each([
    [['--help'], ['up', 'audit', 'completion']],
    [
      ['up', '--help'],
      ['--count', '--no-view', 'Examples:', 'Exit code'],
    ],
    [
      ['audit', '--help'],
      ['--topic-dir', 'RUN...', 'Examples:', 'Exit code'],
    ],
  ])('explains itself with %j', async (argv, words) => {
    const { code, stdout, stderr } = await run(argv);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const word of words) {
      expect(stdout).toContain(word);
    }
  });

  it('prints the settings that it would use, and where they come from', async () => {
    const { code, stdout } = await run(['up', '--print-config', '--count', '7'], { SENSORSIM_LAB_SEED: '9' });
    expect(code).toBe(0);
    expect(stdout).toContain('count: 7 # flag');
    expect(stdout).toMatch(/seed: "?9"? # environment/);
    expect(stdout).toMatch(/^qos: 1$/m);
  });

  it('tells of variables that mean nothing to any of its commands', async () => {
    const env = {
      SENSORSIM_LAB_CUONT: '7',
      SENSORSIM_LAB_OUT: 'of dataset',
      SENSORSIM_LAB_PORT: 'tcp://10.0.0.1:1',
    };
    const { stderr } = await run(['list'], env);
    expect(stderr.split('\n').filter((line) => line.includes('SENSORSIM_'))).toEqual([
      'sensorsim-lab: SENSORSIM_LAB_CUONT: no such variable, it is ignored (did you mean SENSORSIM_LAB_COUNT?)',
    ]);
  });

  it('completes its commands and their flags', async () => {
    const { code, stdout } = await run(['completion', 'bash']);
    expect(code).toBe(0);
    expect(stdout).toContain('complete -F _sensorsim_lab sensorsim-lab');
    expect(stdout).toContain('--topic-dir');
  });
});
