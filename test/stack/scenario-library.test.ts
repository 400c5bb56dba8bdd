import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Kafka, startKafka } from '../support/kafka-server.js';
import { expectClaim, scenarioNames } from '../support/scenario-library.js';

/** What the topic has a part in: the short form, for a gate that has played all of them on embedded parts already. */
const ofTheTopic = [
  'botnet-strikes-while-the-topic-is-away',
  'gateway-restart-loses-nothing',
  'malformed-messages-become-dead-letters',
  'office-delivers-every-reading-of-a-day',
  'replay-of-yesterday-repeats-what-was-there',
  'spoofed-readings-become-dead-letters-behind-a-binding',
  'tutorial-attacks-reach-the-topic-as-its-jobs-expect-them',
];
const names = process.env.SENSORSIM_STACK === 'short' ? ofTheTopic : scenarioNames;

let kafka: Kafka;

beforeAll(async () => {
  kafka = await startKafka();
});

afterAll(async () => {
  await kafka?.stop();
});

// They wait more than they work, so several run at once.
describe.concurrent('a scenario of the library comes true on a real Kafka', () => {
  it.each(names)('%s', { timeout: 180_000 }, async (name) => {
    await expectClaim(name, ['--kafka', kafka.bootstrap, '--topic', `library-${name}`.slice(0, 100)]);
  });
});
