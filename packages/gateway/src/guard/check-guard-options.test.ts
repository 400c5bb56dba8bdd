import { expect, it } from 'vitest';
import { testOptions } from '../options.fixture.js';
import { checkGatewayOptions, type GatewayOptions } from '../options.js';

const problems = (settings: Partial<GatewayOptions>): string[] =>
  checkGatewayOptions(testOptions({ tlsCert: 'c', tlsKey: 'k', ...settings }));

const wouldBeRefused =
  'every client from the network would be refused, since none could log in; add --passwords FILE (users)';

it.each([
  ['mqtt://127.0.0.1:1883', {}, []],
  ['mqtt://[::1]:1883', {}, []],
  ['mqtt://localhost:1883', {}, []],
  ['mqtt://0.0.0.0:1883', {}, [`${wouldBeRefused} or --allow-anonymous (anybody who can reach the port)`]],
  ['mqtt://0.0.0.0:1883', { passwords: 'p' }, []],
  ['mqtt://0.0.0.0:1883', { allowAnonymous: 'everywhere' }, []],
  ['http://0.0.0.0:1880', {}, [`${wouldBeRefused} or --allow-anonymous (anybody who can reach the port)`]],
  [
    'mqtts://0.0.0.0:8883',
    {},
    [
      `${wouldBeRefused}, --tls-ca CA.pem (client certificates) or --allow-anonymous (anybody who can reach the port)`,
    ],
  ],
  ['mqtts://0.0.0.0:8883', { tlsCa: 'ca' }, []],
  [
    'mqtt://0.0.0.0:1883',
    { tlsCa: 'ca' },
    [`${wouldBeRefused} or --allow-anonymous (anybody who can reach the port)`],
  ],
  [
    'mqtt://127.0.0.1:1883',
    { allowAnonymous: 'never' },
    [
      `${wouldBeRefused.replace(' from the network', '')} or --allow-anonymous (anybody who can reach the port)`,
    ],
  ],
] as const)('--listen %s with %j', (url, settings, expected) => {
  const found = problems({ listen: ['mqtts://127.0.0.1:0', url], passwords: undefined, ...settings });
  const own = found.filter((problem) => problem.startsWith(`--listen ${url}`));
  expect(own).toEqual(expected.map((problem) => `--listen ${url}: ${problem}`));
});

it.each([
  [{ minKeepAlive: 60_000, maxKeepAlive: 30_000 }, '--min-keep-alive: is above --max-keep-alive'],
  [{ bindClientId: '%u' }, '--bind-client-id: needs users, from --passwords or --tls-ca'],
  [
    { bindDevice: 'refuse', bindDeviceTo: '%u' },
    '--bind-device-to: %u needs users, from --passwords or --tls-ca',
  ],
  [{ tlsCrl: 'x' }, '--tls-crl: needs --tls-ca'],
  [{ tlsClientCert: 'accept' }, '--tls-client-cert: needs --tls-ca'],
] as const)('%j contradicts itself', (settings, problem) => {
  expect(problems({ listen: ['mqtts://127.0.0.1:0'], ...settings })).toEqual([problem]);
});

it('wants a file to make for --first-login', () => {
  const needs = '--first-login: needs --passwords, the file that it makes';
  expect(problems({ firstLogin: 'log' })).toContain(needs);
  expect(problems({ firstLogin: './told' })).toContain(needs);
  expect(problems({ firstLogin: 'log', passwords: 'p' })).not.toContain(needs);
  expect(problems({ firstLogin: 'off' })).not.toContain(needs);
});
