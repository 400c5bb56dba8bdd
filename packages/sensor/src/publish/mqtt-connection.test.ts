import { ManualClock, randomStream } from 'sensorsim-shared';
import { expect, it } from 'vitest';
import { Backoff } from './backoff.js';
import type { ConnectionEvents, ConnectionSettings } from './connection-contract.js';
import { MqttConnection } from './mqtt-connection.js';
import type { DueReading } from './publisher.js';

/** A connection that finds no gateway, ever, and how often it has looked for one. */
function withoutGateway() {
  const machine = new ManualClock();
  let attempts = 0;
  const connection = new MqttConnection(
    {
      machine,
      gateways: {
        use: (found: (none: unknown) => void) => {
          attempts++;
          found({ candidates: [], problem: 'nobody is there' });
        },
      },
      offlineQueue: 10,
      load: { inFlight: 0, waiting: 0 },
    } as unknown as ConnectionSettings,
    { clientId: 'one', client: {}, backoff: new Backoff(randomStream('1', 'one', 'backoff')) },
    { failed: () => {}, pace: (begin: () => void) => begin() } as unknown as ConnectionEvents,
  );
  connection.open();
  return { connection, machine, attempts: () => attempts };
}

const reading = { device: 0 } as DueReading;

it('in a hurry tries again within a second, however far away its next attempt was', () => {
  const { connection, machine, attempts } = withoutGateway();
  connection.publish(reading);
  while (attempts() < 7) {
    machine.advance(1);
  }
  connection.hurry();
  machine.advance(1_000);
  expect(attempts()).toBe(8);
  machine.advance(1_000);
  expect(attempts()).toBeGreaterThanOrEqual(9);
});

it('in a hurry puts no attempt off that was due sooner', () => {
  const { connection, machine, attempts } = withoutGateway();
  connection.publish(reading);
  // The first comes within half a second, one that is chosen now after it.
  connection.hurry();
  machine.advance(499.9);
  expect(attempts()).toBe(2);
});

it('is in no hurry where nothing waits for it', () => {
  const { connection, machine, attempts } = withoutGateway();
  while (attempts() < 7) {
    machine.advance(1);
  }
  connection.hurry();
  machine.advance(1_000);
  expect(attempts()).toBe(7);
});
