/**
 * Yardstick: the producer of kafkajs alone, acks=all, keyed 120-byte values with the gateway's headers or without.
 * node kafkajs-alone.js BOOTSTRAP TOPIC SECONDS BATCH HEADERS(0|1)
 */
import { Kafka, logLevel, Partitioners } from 'kafkajs';

const [bootstrap = '', topic = '', secondsArg, batchArg, withHeaders] = process.argv.slice(2);
const seconds = Number(secondsArg);
const batch = Number(batchArg);
const kafka = new Kafka({ clientId: 'yardstick', brokers: [bootstrap], logLevel: logLevel.ERROR });
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  maxInFlightRequests: 1,
});
await producer.connect();
const value = Buffer.alloc(120, 'x');
/** @param {string} key */
const headersOf = (key) => ({
  'mqtt-topic': `sensors/temperature/${key}`,
  'mqtt-qos': '1',
  'mqtt-dup': '0',
  'mqtt-client-id': key,
  'gateway-id': 'gateway-1',
  'received-at': String(Date.now()),
  'content-type': 'application/json',
});
let sent = 0;
const cpu = process.cpuUsage();
const started = performance.now();
while (performance.now() - started < seconds * 1_000) {
  const messages = Array.from({ length: batch }, (_, i) => {
    const key = `temp-${String((sent + i) % 100).padStart(4, '0')}`;
    return withHeaders === '1' ? { key, value, headers: headersOf(key) } : { key, value };
  });
  await producer.send({ topic, acks: -1, messages });
  sent += batch;
}
const wallSeconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ sent, wallSeconds, cpuMicrosecondsEach: (user + system) / sent }));
process.exit(0);
