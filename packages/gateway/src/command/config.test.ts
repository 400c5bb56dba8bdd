import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileKeyOf } from 'sensorsim-shared';
import { afterAll, describe, expect, it } from 'vitest';
import { gatewayOptions } from '../options.js';
import { runGatewayCommand } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'sensorsim-config-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function config(argv: string[], env: Record<string, string> = {}) {
  const stdout = new PassThrough();
  let out = '';
  stdout.on('data', (chunk) => {
    out += chunk;
  });
  let err = '';
  const code = await runGatewayCommand({
    argv: ['config', ...argv],
    env,
    stdout,
    stderr: { write: (text) => (err += text) },
    version: '1.2.3',
    untilSignal: () => new Promise(() => {}),
  });
  return { code, out, err };
}

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('config check', () => {
  it('finds every problem of a file with its line, and starts nothing', async () => {
    const file = fileOf(
      'wrong.yaml',
      'max-pendng: 5\nack: sometimes\n\nlisten:\n  - mqtt://127.0.0.1:0\n  - mqt://x\nkafka-sasl: plain\ntls-cert: /nowhere/c.pem\n',
    );
    const { code, out, err } = await config(['check', file]);
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')).toEqual([
      `${file}:1:1 max-pendng: unknown key (did you mean "max-pending"?)`,
      expect.stringMatching(`^${file}:2:1 ack: "sometimes" must be one of `),
      expect.stringMatching(`^${file}:6:5 listen: "mqt://x" is not an address to listen on; `),
      `--kafka-sasl, --kafka-username and --kafka-password go together (${file}:7:1 kafka-sasl)`,
      expect.stringMatching(/^--tls-cert: cannot read \/nowhere\/c\.pem: ENOENT/),
      `${file}: 5 problems`,
      '',
    ]);
  });

  it('does not miss the files that --first-login will make', async () => {
    const file = fileOf(
      'first.yaml',
      `passwords: ${join(folder, 'none')}\nfirst-login: ${join(folder, 'told')}\n`,
    );
    expect((await config(['check', file])).code).toBe(0);
    const without = fileOf('second.yaml', `passwords: ${join(folder, 'none')}\nfirst-login: off\n`);
    expect((await config(['check', without])).code).toBe(2);
  });

  it('gives the same as one JSON object', async () => {
    const [wrong, right] = [fileOf('a.yaml', 'batch-recrods: 1\n'), fileOf('b.yaml', 'to: stdout\n')];
    const { code, out } = await config(['check', wrong, right, '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({
      valid: false,
      files: [
        {
          file: wrong,
          valid: false,
          problems: [
            {
              line: 1,
              column: 1,
              key: 'batch-recrods',
              message: 'unknown key (did you mean "batch-records"?)',
            },
          ],
        },
        { file: right, valid: true, problems: [] },
      ],
    });
  });

  it('reads the files that settings name as the start would', async () => {
    const junk = fileOf('junk.pem', 'no certificate');
    const directory = join(folder, 'directory');
    mkdirSync(directory, { recursive: true });
    const file = fileOf(
      'files.yaml',
      `to: stdout\nlisten: mqtts://127.0.0.1:0\ntls-cert: ${junk}\ntls-key: ${junk}\ntls-ca: ${directory}\n`,
    );
    const { code, err } = await config(['check', file]);
    expect(code).toBe(2);
    expect(err).toContain(`--tls-ca: ${directory} is a folder, not a file (${file}:5:1 tls-ca)`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/tls-ca.*\n/, ''));
    const again = await config(['check', file]);
    expect(again.code).toBe(2);
    expect(again.err).toContain(`--tls-cert ${junk}, --tls-key ${junk}: `);
  });

  it('takes password and access files apart, each problem with its line', async () => {
    const acl = fileOf('acl.txt', 'user alice\ntopic raed sensors/#\n');
    const passwords = fileOf('passwords.txt', '# users\nalice:secret\n');
    const file = fileOf('guard.yaml', `to: stdout\npasswords: ${passwords}\nacl: ${acl}\n`);
    const { code, err } = await config(['check', file]);
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`^${acl}:2: .*(did you mean "read"\\?)`, 'm'));
    expect(err).toMatch(new RegExp(`^${passwords}:2: `, 'm'));
    expect(err).not.toContain('secret');
  });

  it('takes variables into account, as the start does', async () => {
    const file = fileOf('env.yaml', 'kafka-sasl: plain\nkafka-username: me\n');
    expect((await config(['check', file])).code).toBe(2);
    expect((await config(['check', file], { SENSORSIM_GATEWAY_KAFKA_PASSWORD: 'x' })).code).toBe(0);
    const { err } = await config(['check', file], {
      SENSORSIM_GATEWAY_KAFKA_PASSWORD: 'x',
      SENSORSIM_GATEWAY_LINGER: 'soon',
    });
    expect(err).toContain('SENSORSIM_GATEWAY_LINGER: "soon" is not a duration');
  });

  it('goes on with the next file after one that cannot be read', async () => {
    const [missing, wrong] = [join(folder, 'missing.yaml'), fileOf('c.yaml', '- a\n')];
    const { code, err } = await config(['check', missing, wrong]);
    expect(code).toBe(2);
    expect(err).toContain(`cannot read the configuration file ${missing}: ENOENT`);
    expect(err).toContain(`${wrong}: must be a list of "name: value" lines`);
  });

  it.each([
    [[], 'say what to do'],
    [['check'], 'no file named'],
    [['chek'], '"chek" is not known (did you mean "check"?)'],
    [['check', 'a', '--jsn'], '--jsn: unknown flag (did you mean "--json"?)'],
    [['init', 'a', 'b'], 'one file at most, not 2'],
  ])('refuses %j', async (argv, problem) => {
    const { code, err } = await config(argv);
    expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
  });
});

describe('config init', () => {
  it('writes a file with every setting that passes the check, as it is and with every default taken in', async () => {
    const file = join(folder, 'init.yaml');
    expect((await config(['init', file])).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    for (const option of Object.values(gatewayOptions)) {
      const line = `\n#${fileKeyOf(option)}:`;
      expect(text.includes(line)).toBe(!('flagOnly' in option));
    }
    expect(await config(['check', file])).toMatchObject({ code: 0, err: `${file}: no problems\n` });
    writeFileSync(file, text.replaceAll(/^#(?! )/gm, ''));
    expect(await config(['check', file])).toMatchObject({ code: 0, err: `${file}: no problems\n` });
  });

  it('writes over a file only with --force, and nothing where it cannot', async () => {
    const file = fileOf('mine.yaml', 'to: stdout\n');
    expect(await config(['init', file])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already'),
    });
    expect(readFileSync(file, 'utf8')).toBe('to: stdout\n');
    expect((await config(['init', file, '--force'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('#ack:');
    const nowhere = join(folder, 'none', 'x.yaml');
    expect(await config(['init', nowhere])).toMatchObject({ code: 3 });
    expect(existsSync(nowhere)).toBe(false);
  });

  it('writes to standard output where no file is named', async () => {
    expect((await config(['init'])).out).toContain('#to: kafka\n');
  });
});
