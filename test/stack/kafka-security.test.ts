import { join } from 'node:path';
import { KafkaTopicReader, kafkaConnection } from 'sensorsim-gateway';
import { loadConfig, SuiteError } from 'sensorsim-shared';
import { afterAll, describe, expect, it } from 'vitest';
import { sinkOptions } from '../../packages/gateway/src/forward/options.js';
import { freePort } from '../support/free-port.js';
import { kafkaUser, type Security } from '../support/kafka-config.js';
import { consumeTopic } from '../support/kafka-console.js';
import { type Kafka, startKafka } from '../support/kafka-server.js';
import { append, sinkOf, withSink } from './kafka-sink.fixture.js';

const login = { kafkaUsername: kafkaUser.username, kafkaPassword: kafkaUser.password };

/** Started when a test first asks for it. */
const brokers = new Map<Security, Promise<Kafka>>();

function broker(security: Security): Promise<Kafka> {
  const started = brokers.get(security) ?? startKafka({ security, partitions: 2 });
  brokers.set(security, started);
  return started;
}

afterAll(async () => {
  for (const started of brokers.values()) {
    await (await started).stop();
  }
});

type Flags = Readonly<Record<string, unknown>>;

/** Flags that name files in the broker's folder. */
function tlsFlags({ dir }: Kafka, client = false): Flags {
  const ca = { kafkaCa: join(dir, 'ca.pem') };
  return client ? { ...ca, kafkaCert: join(dir, 'client.pem'), kafkaKey: join(dir, 'client-key.pem') } : ca;
}

/** Writes a record and reads it back, with the same flags. */
async function roundTrip(kafka: Kafka, flags: Flags): Promise<void> {
  const outcome = await withSink({ kafka, flags, topics: ['t'] }, (sink) => append(sink, { topic: 't' }));
  expect(outcome).toBeUndefined();
  const { values } = loadConfig({
    table: sinkOptions,
    prefix: 'SENSORSIM_GATEWAY',
    flags: { kafka: [kafka.bootstrap], ...flags },
    env: {},
  });
  const reader = new KafkaTopicReader({ connection: kafkaConnection(values, 'test') });
  const read: string[] = [];
  for (const { partition } of await reader.partitions('t')) {
    for await (const { value } of reader.read('t', partition)) {
      read.push(Buffer.from(value).toString());
    }
  }
  await reader.close();
  expect(read).toEqual(['21.5']);
}

/** What a user gets to see when the sink cannot start. */
async function startError(
  kafka: Pick<Kafka, 'bootstrap'>,
  flags: Flags,
  topics = ['t'],
): Promise<SuiteError> {
  const sink = sinkOf({ kafka, flags: { kafkaWait: 300, ...flags }, topics });
  try {
    await sink.start();
  } catch (error) {
    expect(error).toBeInstanceOf(SuiteError);
    expect(error).toMatchObject({ exitCode: 3 });
    return error as SuiteError;
  } finally {
    await sink.stop(0);
  }
  throw new Error('the sink has started');
}

describe('SASL', () => {
  it.each(['scram-sha-256', 'scram-sha-512'])('logs in with %s', async (kafkaSasl) => {
    const kafka = await broker('sasl-scram');
    const topic = kafkaSasl;
    const outcome = await withSink({ kafka, flags: { kafkaSasl, ...login }, topics: [topic] }, (sink) =>
      append(sink, { topic }),
    );
    expect(outcome).toBeUndefined();
    expect(await consumeTopic(kafka, { topic, expected: 1 })).toHaveLength(1);
  });

  it('logs in with plain', async () => {
    await roundTrip(await broker('sasl-plain'), { kafkaSasl: 'plain', ...login });
  });

  it('says that the password is wrong', async () => {
    const wrong = { ...login, kafkaPassword: 'wrong' };
    for (const [security, kafkaSasl] of [
      ['sasl-scram', 'scram-sha-512'],
      ['sasl-plain', 'plain'],
    ] as const) {
      const error = await startError(await broker(security), { kafkaSasl, ...wrong });
      expect(error.code).toBe('KAFKA_LOGIN_REFUSED');
      expect(error.message).toMatch(/does not accept user "gateway" and the password/);
    }
  });

  it('says that the mechanism is not offered', async () => {
    const error = await startError(await broker('sasl-scram'), { kafkaSasl: 'plain', ...login });
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/does not offer the login plain/);
  });

  it('says that a login is wanted', async () => {
    const error = await startError(await broker('sasl-scram'), {});
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/most likely wants a login: --kafka-sasl/);
  });
});

describe('rights', () => {
  it('says that the user may not use the topic', async () => {
    const kafka = await startKafka({
      security: 'sasl-plain',
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        // The broker itself, and nobody else.
        'super.users': 'User:ANONYMOUS',
      },
    });
    try {
      const error = await startError(kafka, { kafkaSasl: 'plain', ...login });
      expect(error).toMatchObject({
        code: 'KAFKA_NOT_AUTHORIZED',
        message: 'Kafka does not let this user use the topic t',
      });
    } finally {
      await kafka.stop();
    }
  });
});

describe('TLS', () => {
  it('trusts the authority that is named', async () => {
    const kafka = await broker('tls');
    await roundTrip(kafka, tlsFlags(kafka));
  });

  it('shows a client certificate', async () => {
    const kafka = await broker('mutual-tls');
    await roundTrip(kafka, tlsFlags(kafka, true));
  });

  it('does not trust an authority that nobody named', async () => {
    const error = await startError(await broker('tls'), { kafkaTls: true });
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/certificate that is not trusted.*--kafka-ca/);
  });

  it('says that a client certificate is wanted', async () => {
    const kafka = await broker('mutual-tls');
    const error = await startError(kafka, tlsFlags(kafka));
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/client certificate/);
  });

  it('says that TLS is wanted', async () => {
    const error = await startError(await broker('tls'), {});
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/most likely speaks TLS on this port: try --kafka-tls/);
  });
});

describe('plain text', () => {
  it('says that there is no TLS', async () => {
    const error = await startError(await broker('plaintext'), { kafkaTls: true });
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/plain text/);
  });

  it('says that there is no login', async () => {
    const error = await startError(await broker('plaintext'), { kafkaSasl: 'plain', ...login });
    expect(error.code).toBe('KAFKA_SECURITY_MISMATCH');
    expect(error.message).toMatch(/takes no login on this port/);
  });

  it('says that nothing is there, or that the host is unknown', async () => {
    const nothing = await startError({ bootstrap: `127.0.0.1:${await freePort()}` }, {});
    expect(nothing).toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringMatching(/^cannot reach Kafka at 127.0.0.1:\d+: the connection is refused$/),
    });
    const unknown = await startError({ bootstrap: 'no-such-host.invalid:9092' }, {});
    expect(unknown).toMatchObject({ code: 'KAFKA_UNREACHABLE', message: expect.stringMatching(/host name/) });
  });

  it('says that a topic is missing and may not be made', async () => {
    const error = await startError(await broker('plaintext'), { createTopics: false }, ['missing']);
    expect(error).toMatchObject({ code: 'KAFKA_TOPIC_MISSING', message: 'Kafka has no topic missing' });
  });

  it('says why a topic is not made', async () => {
    const error = await startError(await broker('plaintext'), { replication: 3 }, ['copies']);
    expect(error.code).toBe('KAFKA_TOPIC_NOT_CREATED');
    expect(error.message).toMatch(/replication 3.*larger than.*brokers|replication factor/i);
  });

  it('waits for a Kafka that is about to start', async () => {
    const port = await freePort();
    const sink = sinkOf({
      kafka: { bootstrap: `127.0.0.1:${port}` },
      flags: { kafkaWait: 60_000 },
      topics: ['t'],
    });
    const starting = sink.start();
    const kafka = await startKafka({ port });
    try {
      await starting;
      expect(await append(sink, { topic: 't' })).toBeUndefined();
    } finally {
      await sink.stop(5_000);
      await kafka.stop();
    }
  });
});
