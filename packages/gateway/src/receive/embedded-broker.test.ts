import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { SuiteError } from 'sensorsim-shared';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySink } from '../forward/memory-sink.js';
import { Gateway } from '../gateway.js';
import { testOptions } from '../options.fixture.js';

const open: { end(): void | Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.end()));
});

async function startGateway(
  sink: MemorySink,
  settings: Parameters<typeof testOptions>[0] = {},
): Promise<Gateway> {
  const gateway = new Gateway(testOptions(settings), { sink });
  await gateway.start();
  open.push({ end: () => gateway.stop() });
  return gateway;
}

async function connectClient(gateway: Gateway, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(gateway.addresses[0] as string, { reconnectPeriod: 0, ...options });
  open.push({ end: () => client.endAsync(true) });
  return client;
}

const reading = (seq = 0, id = 'temp-0001'): string =>
  JSON.stringify({ id, type: 'temperature', value: 21.3, unit: 'Cel', ts: 1_700_000_000_000 + seq, seq });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('embedded broker', () => {
  it.each([1, 2] as const)('acknowledges QoS %i only after the record is safe', async (qos) => {
    const sink = new MemorySink({ holding: true });
    const gateway = await startGateway(sink);
    const client = await connectClient(gateway);
    let acknowledged = false;
    const publishing = client.publishAsync('sensors/temperature/temp-0001', reading(), { qos }).then(() => {
      acknowledged = true;
    });
    await until(() => sink.pendingRecords === 1);
    // A ping that comes back has overtaken any acknowledgement that was on its way.
    client.sendPing();
    await once(client, 'packetreceive');
    expect(acknowledged).toBe(false);
    sink.release();
    await publishing;
    expect(sink.records).toMatchObject([
      {
        topic: 'sensor-readings',
        key: 'temp-0001',
        mqttTopic: 'sensors/temperature/temp-0001',
        mqttQos: qos,
        mqttDup: false,
        contentType: 'application/json',
      },
    ]);
    expect(Buffer.from(sink.records[0]?.value as Uint8Array).toString()).toBe(reading());
    expect(gateway.summary()).toMatchObject({ received: 1, acknowledged: 1, forwarded: 1 });
  });
});
