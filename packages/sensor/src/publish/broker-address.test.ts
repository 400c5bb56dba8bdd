import { describe, expect, it } from 'vitest';
import { brokerAddress, brokerAddresses, credentialsOf } from './broker-address.js';

const none = {
  broker: undefined,
  host: undefined,
  port: undefined,
  cafile: undefined,
  cert: undefined,
  key: undefined,
  insecure: false,
};

describe('brokerAddress', () => {
  it.each([
    [{}, 'mqtt://127.0.0.1:1883'],
    [{ host: 'pi', port: 1884 }, 'mqtt://pi:1884'],
    [{ host: '::1' }, 'mqtt://[::1]:1883'],
    [{ host: '[fd00::2]' }, 'mqtt://[fd00::2]:1883'],
    [{ port: 8883 }, 'mqtts://127.0.0.1:8883'],
    [{ host: 'pi', cafile: 'ca.pem' }, 'mqtts://pi:8883'],
    [{ broker: 'mqtt://pi' }, 'mqtt://pi:1883'],
    [{ broker: 'ssl://pi' }, 'mqtts://pi:8883'],
    [{ broker: 'ws://pi:9001/mqtt' }, 'ws://pi:9001/mqtt'],
    [{ broker: 'wss://pi' }, 'wss://pi:443/'],
    [{ broker: 'mqtt://u:p%40ss@pi:1' }, 'mqtt://pi:1'],
  ])('%j is %s', (given, url) => {
    expect(brokerAddress({ ...none, ...given })).toMatchObject({ url });
  });

  it('takes credentials from the URL, decoded, and does not show them', () => {
    expect(brokerAddress({ ...none, broker: 'mqtt://u:p%40ss@pi' })).toMatchObject({
      username: 'u',
      password: 'p@ss',
      url: 'mqtt://pi:1883',
    });
  });

  it.each([
    [{ broker: 'pi:1883x' }, 'is none of'],
    [{ broker: 'nonsense' }, 'is not a URL'],
    [{ broker: 'http://pi' }, 'is none of'],
    [{ host: 'mqtt://pi' }, '--host'],
  ])('%j is a problem: %s', (given, problem) => {
    expect(brokerAddress({ ...none, ...given })).toMatchObject({ problem: expect.stringContaining(problem) });
  });
});

describe('brokerAddresses', () => {
  it('takes several, and the credentials of the first that has any', () => {
    const problems: string[] = [];
    const addresses = brokerAddresses({ ...none, broker: ['mqtt://one', 'wss://u:p@two/mqtt'] }, problems);
    expect(addresses.map(({ url }) => url)).toEqual(['mqtt://one:1883', 'wss://two:443/mqtt']);
    expect(credentialsOf(addresses)).toEqual({ username: 'u', password: 'p' });
    expect(problems).toEqual([]);
  });

  it('tells what is wrong with each', () => {
    const problems: string[] = [];
    brokerAddresses({ ...none, broker: ['mqtt://one', 'http://two', 'mqtt://one:1883', 'three'] }, problems);
    expect(problems).toEqual([
      expect.stringContaining('http:// is none of'),
      expect.stringContaining('mqtt://one:1883 stands there twice'),
      expect.stringContaining('"three" is not a URL'),
    ]);
  });
});
