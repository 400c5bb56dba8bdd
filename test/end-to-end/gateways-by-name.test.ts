import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway } from 'sensorsim-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate, testKey } from '../../packages/gateway/src/receive/certificate.fixture.js';
import { openTransport } from '../../packages/sensor/src/publish/transport.js';
import { gatewaySettings } from '../support/fault-play.js';

let folder: string;
let gateway: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sensorsim-by-name-'));
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(cert, testCertificate);
  writeFileSync(key, testKey);
  const listen = ['mqtt', 'mqtts', 'ws', 'wss'].map((scheme) => `${scheme}://127.0.0.1:0`);
  const options = gatewaySettings({
    listen,
    tlsCert: cert,
    tlsKey: key,
    to: `topic:${join(folder, 'topic')}`,
    http: 'off',
  });
  gateway = new Gateway(options);
  await gateway.start();
});

afterAll(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** CONNECT of MQTT 3.1.1, clean session, client id "a". */
const connectPacket = Buffer.from('100d00044d5154540402003c000161', 'hex');

/** What comes back for a CONNECT over a connection to an address that a name is known to have; or why none was made. */
function connack(scheme: string, host: string, addresses: string[]): Promise<string> {
  const url = new URL(gateway.addresses.find((address) => address.startsWith(`${scheme}://`)) as string);
  const stream = openTransport(
    { tls: { ca: readFileSync(join(folder, 'cert.pem')) }, insecure: false },
    {
      address: { protocol: scheme as 'mqtt', host, port: Number(url.port), path: '/' },
      addresses: addresses.map((address) => ({ address, family: 4 })),
    },
    () => stream.write(connectPacket),
  );
  let answer = '';
  return new Promise((resolve) => {
    stream.on('data', (data: Buffer) => {
      // Over WebSocket it comes in pieces.
      answer += data.toString('hex');
      if (answer.length >= 8) {
        stream.destroy();
      }
    });
    stream.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
    stream.once('close', () => resolve(answer));
  });
}

describe('a gateway known by a name and one of its addresses', () => {
  it.each(['mqtt', 'mqtts', 'ws', 'wss'])('is reached at that address over %s', async (scheme) => {
    // The certificate is for this name; nobody is asked for its address.
    expect(await connack(scheme, 'localhost', ['127.0.0.1'])).toBe('20020000');
    expect(await connack(scheme, 'localhost', [])).toBe('ENOTFOUND');
  });

  it.each(['mqtt', 'ws'])('is reached at whichever of its addresses answers over %s', async (scheme) => {
    expect(await connack(scheme, 'gateway.invalid', ['127.9.9.9', '127.0.0.1'])).toBe('20020000');
  });

  it.each(['mqtts', 'wss'])('is not trusted with a certificate for another name over %s', async (scheme) => {
    expect(await connack(scheme, 'gateway.invalid', ['127.0.0.1'])).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});
