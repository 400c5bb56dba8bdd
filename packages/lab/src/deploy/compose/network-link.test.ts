import { expect, it } from 'vitest';
import type { DockerEngine } from '../../docker/index.js';
import type { GatewayReport } from '../../host/index.js';
import { KafkaLink } from './kafka-link.js';
import { NetworkLink } from './network-link.js';

/** An engine that only writes down what is asked of it. */
function notingEngine(): { engine: DockerEngine; notes: string[] } {
  const notes: string[] = [];
  const note =
    (what: string) =>
    async (...args: unknown[]): Promise<void> =>
      void notes.push([what, ...args.flat()].join(' '));
  const engine = {
    connect: note('connect'),
    disconnect: note('disconnect'),
    pause: note('pause'),
    unpause: note('unpause'),
  } as unknown as DockerEngine;
  return { engine, notes };
}

it('takes a gateway off the network of its devices and puts it back by its name; all is well once something passes', async () => {
  const { engine, notes } = notingEngine();
  let received = 10;
  const status = () => ({ snapshot: { connections: 4, received } }) as GatewayReport;
  const link = new NetworkLink({ engine, network: 'devices', container: 'g', aliases: ['run'], status });
  expect([link.connections, link.broken]).toEqual([4, 0]);
  await link.cut();
  expect([link.connections, link.broken]).toEqual([0, 4]);
  await link.mend();
  await link.mend();
  expect(link.connections).toBe(0);
  received++;
  expect(link.connections).toBe(4);
  await link.hold('both');
  await link.hold('none');
  expect(link.delayed).toBe(1);
  expect(notes).toEqual([
    'disconnect devices g',
    'connect devices g run',
    'disconnect devices g',
    'connect devices g run',
  ]);
});

it('cuts a gateway off Kafka, or lets Kafka stand still, which is told before it is done and after it is mended', async () => {
  const { engine, notes } = notingEngine();
  const link = new KafkaLink({
    engine,
    network: 'backbone',
    gateway: 'g',
    kafka: 'k',
    onPause: (isPaused) => notes.push(isPaused ? 'told' : 'mended'),
  });
  await link.admit();
  await link.hold('none');
  await link.refuse();
  await link.admit();
  await link.hold('both');
  await link.hold('none');
  expect(notes).toEqual([
    'disconnect backbone g',
    'connect backbone g',
    'told',
    'pause k',
    'unpause k',
    'mended',
  ]);
  expect([link.broken, link.delayed]).toEqual([1, 1]);
});
