import type { LookupAddress } from 'node:dns';
import { ManualClock } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { brokerAddresses } from '../broker-address.js';
import { type Found, Gateways } from './gateways.js';

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const v6 = (address: string): LookupAddress => ({ address, family: 6 });

/** Gateways whose resolver answers when it is told to. */
class Scene {
  readonly machine = new ManualClock(0);
  readonly names: Record<string, LookupAddress[] | Error> = {};
  asked = 0;
  held: (() => void)[] | undefined;
  readonly gateways: Gateways;

  constructor(broker: string[], allowRemote = false) {
    const none = { host: undefined, port: undefined, cafile: undefined, cert: undefined, key: undefined };
    this.gateways = new Gateways({
      addresses: brokerAddresses({ broker, ...none, insecure: false }),
      allowRemote,
      machine: this.machine,
      resolve: async (host) => {
        this.asked++;
        if (this.held !== undefined) {
          await new Promise<void>((resolve) => this.held?.push(resolve));
        }
        const answer = this.names[host];
        if (answer === undefined || answer instanceof Error) {
          throw answer ?? Object.assign(new Error('none'), { code: 'ENOTFOUND' });
        }
        return answer;
      },
    });
  }

  /** Lets it be so late, ms. */
  at(time: number): void {
    this.machine.advance(time - this.machine.now());
  }

  found(): Promise<Found> {
    return new Promise((resolve) => this.gateways.use(resolve));
  }

  async keys(): Promise<string[]> {
    return (await this.found()).candidates.map(({ key, spare }) => (spare ? `(${key})` : key));
  }
}

describe('the gateways that URLs name', () => {
  it('are there at once where the hosts are addresses', () => {
    const scene = new Scene(['mqtt://10.0.0.1', 'mqtt://[fd00::2]:1884', 'ws://10.0.0.3/mqtt']);
    let found: Found | undefined;
    scene.gateways.use((now) => {
      found = now;
    });
    expect(found?.candidates.map(({ key }) => key)).toEqual([
      'mqtt://10.0.0.1:1883',
      'mqtt://[fd00::2]:1884',
      'ws://10.0.0.3:80/mqtt',
    ]);
    expect(scene.asked).toBe(0);
  });

  it('are one gateway where a name has one address, or one of each family: it goes by its name', async () => {
    const scene = new Scene(['mqtt://one', 'mqtt://both']);
    scene.names.one = [v4('10.0.0.1')];
    scene.names.both = [v6('fd00::2'), v4('10.0.0.2')];
    const { candidates } = await scene.found();
    expect(candidates.map(({ key }) => key)).toEqual(['mqtt://one:1883', 'mqtt://both:1883']);
    expect(candidates[1]?.addresses).toEqual([v6('fd00::2'), v4('10.0.0.2')]);
  });

  it('are as many as a name has addresses; those of the family that comes second stand behind', async () => {
    const scene = new Scene(['mqtts://gateway']);
    scene.names.gateway = [v4('10.0.0.2'), v6('fd00::1'), v4('10.0.0.1'), v6('fd00::2')];
    expect(await scene.keys()).toEqual([
      'mqtts://10.0.0.1:8883',
      'mqtts://10.0.0.2:8883',
      '(mqtts://[fd00::1]:8883)',
      '(mqtts://[fd00::2]:8883)',
    ]);
    const [first] = (await scene.found()).candidates;
    // The name is what the certificate has to be for.
    expect(first).toMatchObject({ address: { host: 'gateway' }, addresses: [v4('10.0.0.1')] });
    expect(first?.url).toBe('mqtts://10.0.0.1:8883 (gateway)');
  });

  it('ask the resolver once a second, whoever wants to know', async () => {
    const scene = new Scene(['mqtt://gateway']);
    scene.names.gateway = [v4('10.0.0.1'), v4('10.0.0.2')];
    await Promise.all(Array.from({ length: 10_000 }, () => scene.found()));
    expect(scene.asked).toBe(1);
    scene.at(999);
    await scene.found();
    expect(scene.asked).toBe(1);
    scene.at(1_000);
    scene.names.gateway = [v4('10.0.0.2'), v4('10.0.0.7')];
    expect(await scene.keys()).toEqual(['mqtt://10.0.0.2:1883', 'mqtt://10.0.0.7:1883']);
    expect(scene.asked).toBe(2);
  });

  it('do not wait for a slow resolver when they know an answer', async () => {
    const scene = new Scene(['mqtt://gateway']);
    scene.names.gateway = [v4('10.0.0.1')];
    await scene.found();
    scene.at(2_000);
    scene.held = [];
    const early = scene.found();
    scene.at(2_500);
    expect((await early).candidates).toHaveLength(1);
    // And nobody asks a second time meanwhile, nor waits.
    expect((await scene.found()).candidates).toHaveLength(1);
    expect(scene.asked).toBe(2);
  });

  it('go on without a name that is not known at present, and say why where none is', async () => {
    const scene = new Scene(['mqtt://one', 'mqtt://two']);
    scene.names.one = [v4('10.0.0.1')];
    expect(await scene.keys()).toEqual(['mqtt://one:1883']);
    scene.at(1_000);
    scene.names.one = Object.assign(new Error('away'), { code: 'EAI_AGAIN' });
    expect(await scene.found()).toEqual({
      candidates: [],
      problem: 'the host name cannot be resolved at present',
    });
  });

  it('are never far, unless that is allowed, also when a name changes later', async () => {
    const scene = new Scene(['mqtt://gateway']);
    scene.names.gateway = [v4('10.0.0.1'), v4('10.0.0.2')];
    expect(await scene.keys()).toHaveLength(2);
    scene.at(1_000);
    scene.names.gateway = [v4('8.8.8.8'), v4('10.0.0.2')];
    expect((await scene.found()).candidates.map(({ addresses }) => addresses)).toEqual([[v4('10.0.0.2')]]);
    scene.at(2_000);
    scene.names.gateway = [v4('8.8.8.8')];
    expect((await scene.found()).problem).toContain('no longer on this machine or a private network');
    const open = new Scene(['mqtt://gateway'], true);
    open.names.gateway = [v4('8.8.8.8')];
    expect(await open.keys()).toEqual(['mqtt://gateway:1883']);
  });

  it('stand there once where two URLs lead to one', async () => {
    const scene = new Scene(['mqtt://tasks', 'mqtt://10.0.0.2']);
    scene.names.tasks = [v4('10.0.0.1'), v4('10.0.0.2')];
    expect(await scene.keys()).toEqual(['mqtt://10.0.0.1:1883', 'mqtt://10.0.0.2:1883']);
  });
});
