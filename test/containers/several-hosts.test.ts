import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnDocker } from '../support/docker/hosts.js';
import { roles, SwarmStack } from '../support/docker/swarm-stack.js';

/** `long`: a row of the table in docs/reliability.md for each fault, and more of them; else all in one go. */
const isLong = process.env.SENSORSIM_SWARM === 'long';
const replicas = 2;
const devicesEach = 10;
const devices = replicas * devicesEach;

interface Fault {
  readonly fault: string;
  readonly done: string;
  readonly play: (stack: SwarmStack) => Promise<void>;
}

/** Drops packets of the overlay network between a gateway's host and Kafka's; what they speak with others goes on. */
async function cutFromKafka(stack: SwarmStack, host: string, action: '-I' | '-D'): Promise<void> {
  const gateway = stack.hosts.host(host);
  const overlay = ['-p', 'udp', '--dport', '4789', '-j', 'DROP'];
  for (const [chain, side] of [
    ['OUTPUT', '-d'],
    ['INPUT', '-s'],
  ] as const) {
    const { code, stderr } = await gateway.run('iptables', [
      action,
      chain,
      side,
      stack.manager.address,
      ...overlay,
    ]);
    expect(code, stderr).toBe(0);
  }
}

const linkCut: Fault = {
  fault: 'link cut',
  done: `between a gateway's host and Kafka's for ${isLong ? 20 : 6} s; devices reach that gateway all the while`,
  async play(stack) {
    await cutFromKafka(stack, 'gateway-a', '-I');
    await wait(isLong ? 20_000 : 6_000);
    const { stdout } = await stack.hosts.host('gateway-a').run('iptables', ['-L', 'OUTPUT', '-vnx']);
    expect(Number(/^\s*(\d+).*DROP/m.exec(stdout)?.[1])).toBeGreaterThan(0);
    await cutFromKafka(stack, 'gateway-a', '-D');
    await stack.untilReady(2);
  },
};

const rollingUpdate: Fault = {
  fault: 'rolling update',
  done: 'both gateways replaced one after the other, with another setting',
  async play(stack) {
    const before = await stack.tasks('gateway');
    expect(await stack.update('--env-add', 'SENSORSIM_GATEWAY_LOG_LEVEL=warn')).toBe('completed');
    const after = await stack.tasks('gateway');
    expect(after.map(({ node }) => node)).toEqual(['gateway-a', 'gateway-b']);
    expect(after.filter(({ id }) => before.some((task) => task.id === id))).toEqual([]);
  },
};

const failingUpdate: Fault = {
  fault: 'failing update',
  done: 'to a setting that the gateway refuses (exit code 2): Swarm goes back by itself',
  async play(stack) {
    const before = await stack.tasks('gateway');
    expect(await stack.update('--env-add', 'SENSORSIM_GATEWAY_ACK=never')).toBe('rollback_completed');
    await stack.untilReady(2);
    const after = await stack.tasks('gateway');
    // One gateway after the other: the second has never been touched.
    expect(after.filter(({ id }) => before.some((task) => task.id === id))).toHaveLength(1);
  },
};

const cableOut: Fault = {
  fault: 'host cut off',
  done: "a gateway's host without network for 20 s: Swarm takes it for lost, its devices move, and it comes back",
  async play(stack) {
    await stack.hosts.engines.script('cut', 'gateway-b');
    const at = Date.now();
    await stack.untilFlowing(devices);
    await wait(Math.max(0, at + 20_000 - Date.now()));
    expect(await stack.manager.docker('node', 'inspect', 'gateway-b', '--format', '{{.Status.State}}')).toBe(
      'down',
    );
    await stack.hosts.engines.script('plug', 'gateway-b');
    await stack.untilReady(2);
  },
};

const hostGone: Fault = {
  fault: 'host gone',
  done: "a gateway's host loses Kafka, and 2 s later its power; its devices move to the other gateway",
  async play(stack) {
    const { connections } = await stack.traffic();
    const [gone = '', kept = ''] = Object.keys(connections).sort(
      (a, b) => (connections[b] ?? 0) - (connections[a] ?? 0),
    );
    // So that it has readings of which it has not told yet whether they are safe.
    await cutFromKafka(stack, gone, '-I');
    await wait(2_000);
    await stack.hosts.engines.script('crash', gone);
    await stack.untilFlowing(devices);
    expect((await stack.traffic()).connections).toEqual({ [gone]: 0, [kept]: devices });
    if (isLong) {
      await cutFromKafka(stack, gone, '-D');
      await stack.hosts.engines.script('start', gone);
      await stack.untilReady(2);
    }
  },
};

const rows: readonly (readonly Fault[])[] = isLong
  ? [[linkCut], [rollingUpdate], [failingUpdate], [cableOut], [hostGone]]
  : [[linkCut, rollingUpdate, failingUpdate, hostGone]];

describeOnDocker('a stack over several hosts', () => {
  let stack: SwarmStack;

  beforeAll(async () => {
    stack = await SwarmStack.deploy({
      SENSORSIM_COUNT: String(devicesEach),
      SENSORSIM_DELAY: '100ms',
      SENSORSIM_KEEPALIVE: '3',
      SENSORSIM_REBALANCE: '10s',
    });
  });
  afterAll(() => stack?.hosts.stop());

  it.each(rows.map((faults) => ({ name: faults.map(({ fault }) => fault).join(', '), faults })))(
    'loses nothing that it acknowledged, and keeps the order of devices: $name',
    async ({ faults }) => {
      await stack.startSensors(replicas, devices);
      const nodes = await Promise.all(['kafka', 'sensor', 'gateway'].map((service) => stack.tasks(service)));
      expect(
        nodes.map((tasks) => [...new Set(tasks.map(({ node }) => roles[node as keyof typeof roles]))]),
      ).toEqual([['kafka'], ['sensor'], ['gateway']]);
      expect(nodes.map((tasks) => tasks.length)).toEqual([1, replicas, 2]);
      const connections = Object.values((await stack.traffic()).connections);
      expect(
        connections.every((count) => count > 0),
        connections.join(),
      ).toBe(true);

      for (const { play } of faults) {
        await play(stack);
      }

      const { audit, verdict, broken } = await stack.stopSensorsAndAudit();
      if (isLong) {
        const { acknowledged = 0, found, lost, duplicated = 0, duplicatedMarked = 0, reordered } = audit;
        const cells = [
          faults[0]?.fault,
          faults[0]?.done,
          acknowledged.toLocaleString('en'),
          found?.toLocaleString('en'),
          lost,
        ];
        console.log(
          `| ${[...cells, duplicatedMarked, duplicated - duplicatedMarked, reordered].join(' | ')} |`,
        );
      }
      expect({ verdict, broken, lost: audit.lost, reordered: audit.reordered }).toEqual({
        verdict: 'pass',
        broken: [],
        lost: 0,
        reordered: 0,
      });
      expect(audit.acknowledged).toBeGreaterThan(devices * 50);
    },
    300_000,
  );
});
