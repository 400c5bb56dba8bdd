/**
 * Bad example: MQTT.js with one `setInterval` a device, which is how today's load generators schedule.
 * node mqttjs-interval.js PORT DEVICES INTERVAL_MS SECONDS QOS
 */
import mqtt from 'mqtt';

const [port, devices, intervalMs, seconds, qosArg] = process.argv.slice(2).map(Number);
const qos = /** @type {0 | 1} */ (qosArg);
let published = 0;
let acknowledged = 0;
const clients = await Promise.all(
  Array.from({ length: devices ?? 0 }, (_, i) =>
    mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: `i${i}` }),
  ),
);
const started = process.hrtime.bigint();
const timers = clients.map((client, i) => {
  const topic = `sensors/temperature/temp-${i}`;
  let seq = 0;
  return setInterval(() => {
    published++;
    const payload = JSON.stringify({
      id: `temp-${i}`,
      type: 'temperature',
      value: Math.round(Math.random() * 1_000) / 100,
      unit: 'Cel',
      ts: Date.now(),
      seq: seq++,
    });
    client.publish(topic, payload, { qos }, (error) => {
      if (!error) {
        acknowledged++;
      }
    });
  }, intervalMs);
});
await new Promise((resolve) => setTimeout(resolve, (seconds ?? 0) * 1_000));
const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
for (const timer of timers) {
  clearInterval(timer);
}
console.log(JSON.stringify({ published, acknowledged, wallSeconds }));
process.exit(0);
