import { expect, it } from 'vitest';
import { formatListenAddress, parseListenAddress } from './listen-address.js';

it.each([
  ['mqtt://127.0.0.1:1884', 'mqtt', '127.0.0.1', 1884],
  ['mqtt://localhost', 'mqtt', 'localhost', 1883],
  ['MQTTS://0.0.0.0', 'mqtts', '0.0.0.0', 8883],
  ['ws://[::1]:0/', 'ws', '::1', 0],
  ['wss://gateway.local', 'wss', 'gateway.local', 8084],
  ['http://127.0.0.1:80', 'http', '127.0.0.1', 80],
])('takes %s', (url, scheme, host, port) => {
  expect(parseListenAddress(url)).toEqual({ scheme, host, port, url });
});

it.each([
  ['1883', 'write scheme, host and port'],
  ['mqtt://', 'write scheme, host and port'],
  ['mqtt://:1883', 'write scheme, host and port'],
  ['tcp://127.0.0.1:1883', 'write scheme, host and port'],
  ['mqtt://user@127.0.0.1', 'write scheme, host and port'],
  ['mqtt://127.0.0.1:1883/path', 'write scheme, host and port'],
  ['mqtt://127.0.0.1:99999', 'above 65535'],
])('refuses %s', (url, problem) => {
  expect(parseListenAddress(url)).toEqual({ problem: expect.stringContaining(problem) });
});

it('writes IPv6 addresses in brackets', () => {
  expect(formatListenAddress('mqtt', '::1', 1883)).toBe('mqtt://[::1]:1883');
});
