import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../images/certificates.sh', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'sensorsim-certificates-'));
const lab = join(scratch, 'lab');

function make(...args: string[]): { readonly code: number | null; readonly err: string } {
  const { status, stderr } = spawnSync(script, args, { encoding: 'utf8' });
  return { code: status, err: stderr };
}

const pem = (...path: string[]): Buffer => readFileSync(join(scratch, ...path));
const certificate = (...path: string[]): X509Certificate => new X509Certificate(pem(...path));

beforeAll(() => {
  expect(make(lab, 'localhost', '*.example.org', '127.0.0.1', 'fd00::12')).toMatchObject({ code: 0 });
  expect(make('--host', 'sensor-1', lab, 'sensor-1', '10.0.0.11')).toMatchObject({ code: 0 });
  expect(make('--client', 'temp-0001', lab)).toMatchObject({ code: 0 });
  expect(make(join(scratch, 'other'), 'localhost')).toMatchObject({ code: 0 });
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('certificates.sh', () => {
  it('makes the files that Docker knows, keys for their owner alone', () => {
    expect(readdirSync(lab).sort()).toEqual(
      [
        'ca-key.pem',
        'ca.pem',
        'cert.pem',
        'key.pem',
        'sensor-1',
        'server-cert.pem',
        'server-key.pem',
        'temp-0001',
      ].sort(),
    );
    for (const key of ['ca-key.pem', 'server-key.pem', 'key.pem', 'sensor-1/server-key.pem']) {
      expect(statSync(join(lab, key)).mode & 0o777, key).toBe(0o600);
    }
    expect(existsSync(join(lab, 'sensor-1', 'ca-key.pem'))).toBe(false);
  });

  it('tells host names and addresses apart', () => {
    expect(certificate('lab', 'server-cert.pem').subjectAltName).toBe(
      'DNS:localhost, DNS:*.example.org, IP Address:127.0.0.1, IP Address:FD00:0:0:0:0:0:0:12',
    );
    const server = certificate('lab', 'sensor-1', 'server-cert.pem');
    expect(server.checkHost('sensor-1')).toBe('sensor-1');
    expect(server.checkIP('10.0.0.11')).toBe('10.0.0.11');
  });

  it('gives each certificate one use, a serial of its own and its authority', () => {
    const ca = certificate('lab', 'ca.pem');
    const server = certificate('lab', 'server-cert.pem');
    const client = certificate('lab', 'temp-0001', 'cert.pem');
    expect(server.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(client.subject).toContain('CN=temp-0001');
    expect([ca.ca, server.ca, client.ca]).toEqual([true, false, false]);
    for (const one of [server, client]) {
      expect(one.checkIssued(ca) && one.verify(ca.publicKey)).toBe(true);
      expect(one.checkIssued(certificate('other', 'ca.pem'))).toBe(false);
    }
    expect(new Set([ca, server, client].map(({ serialNumber }) => serialNumber)).size).toBe(3);
  });

  it('lasts as long as it was told', () => {
    const dir = join(scratch, 'short');
    expect(make('--days', '20', '--ca-days', '30', dir, 'localhost').code).toBe(0);
    const { validFrom, validTo } = certificate('short', 'server-cert.pem');
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(20 * 86_400_000);
    expect(make('--days', '40', '--host', 'late', dir, 'late')).toMatchObject({
      code: 2,
      err: expect.stringContaining('ends within 40 days'),
    });
  });

  it('replaces no key unasked, and the authority never', () => {
    const before = pem('lab', 'server-key.pem');
    expect(make(lab, 'localhost')).toMatchObject({ code: 2, err: expect.stringContaining('--renew') });
    expect(pem('lab', 'server-key.pem')).toEqual(before);
    const dir = join(scratch, 'renewed');
    make(dir, 'localhost');
    const [authority, server] = [pem('renewed', 'ca.pem'), pem('renewed', 'server-key.pem')];
    expect(make('--renew', dir, 'localhost', 'another').code).toBe(0);
    expect(pem('renewed', 'ca.pem')).toEqual(authority);
    expect(pem('renewed', 'server-key.pem')).not.toEqual(server);
    expect(certificate('renewed', 'server-cert.pem').checkHost('another')).toBe('another');
  });

  it('says what is wrong, and makes nothing', () => {
    const dir = join(scratch, 'none');
    const rows: [string[], string][] = [
      [[], 'name a folder'],
      [[dir], 'every name and address'],
      [
        [dir, 'a', 'b:2376', 'https://c', '10.0.0.0/8', '1.2.3.400', '1::2::3', 'd..e'],
        'b:2376 https://c 10.0.0.0/8 1.2.3.400 1::2::3 d..e',
      ],
      [['--day', '3', dir, 'a'], 'no option --day'],
      [['--days', '0', dir, 'a'], '--days 0'],
      [['--host', '../x', dir, 'a'], '--host ../x'],
      [['--host', 'a', dir, 'a'], 'no authority yet'],
      [['--client', 'a', dir, 'name'], 'no names'],
    ];
    for (const [args, words] of rows) {
      expect(make(...args), args.join(' ')).toMatchObject({ code: 2, err: expect.stringContaining(words) });
    }
    expect(existsSync(dir)).toBe(false);
  });

  it('says what to install where openssl is missing', () => {
    const bash = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim();
    const { status, stderr } = spawnSync(bash, [script, join(scratch, 'none'), 'a'], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    expect({ status, stderr }).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('apt-get install openssl'),
    });
  });
});

describe('a TLS server with them', () => {
  let server: Server;

  beforeAll(async () => {
    server = createServer(
      {
        key: pem('lab', 'server-key.pem'),
        cert: pem('lab', 'server-cert.pem'),
        ca: pem('lab', 'ca.pem'),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)),
    ).on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    server.close();
  });

  /** A server that refuses hangs up, with an alert or without a word. */
  const nothing = /^$|ALERT|ECONNRESET/;

  /** What the server says to a client, or the code of the error. */
  function dial({ client = ['lab'], ca = 'lab', servername = 'localhost' }): Promise<string> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve) => {
      let said = '';
      connect({
        port,
        host: '127.0.0.1',
        servername,
        ca: pem(ca, 'ca.pem'),
        ...(client.length === 0 ? {} : { cert: pem(...client, 'cert.pem'), key: pem(...client, 'key.pem') }),
      })
        .on('data', (data) => {
          said += data;
        })
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        .on('close', () => resolve(said));
    });
  }

  it('serves clients of its authority, and knows them by name', async () => {
    expect(await dial({})).toBe('sensorsim');
    expect(await dial({ client: ['lab', 'temp-0001'] })).toBe('temp-0001');
  });

  it.each([
    ['that show no certificate', { client: [] }],
    ['with a certificate of another authority', { client: ['other'] }],
    ['that show the certificate of a server', { client: ['shown'] }],
  ])('refuses clients %s', async (_, how) => {
    mkdirSync(join(scratch, 'shown'), { recursive: true });
    for (const file of ['cert.pem', 'key.pem']) {
      copyFileSync(join(lab, `server-${file}`), join(scratch, 'shown', file));
    }
    expect(await dial(how)).toMatch(nothing);
  });

  it('is refused by clients that look for another name, or trust another authority', async () => {
    expect(await dial({ servername: 'elsewhere.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await dial({ ca: 'other' })).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
  });
});
