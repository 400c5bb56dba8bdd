/**
 * Ceiling: MQTT.js publishing one constant payload in a tight loop, bounded only by its sockets and a window.
 * node mqttjs-tight.js PORT CONNECTIONS SECONDS QOS
 */
import mqtt from 'mqtt';

const [port, connections, seconds, qosArg] = process.argv.slice(2).map(Number);
const qos = /** @type {0 | 1} */ (qosArg);
const windowSize = 100;
const payload =
  '{"id":"temp-0001","type":"temperature","value":21.34,"unit":"Cel","ts":1700000000000,"seq":17}';
let acknowledged = 0;
const clients = await Promise.all(
  Array.from({ length: connections ?? 0 }, (_, i) =>
    mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
      clientId: `t${i}`,
      // Its debug logger costs time at every packet; a ceiling does without.
      log: () => {},
    }),
  ),
);
const started = process.hrtime.bigint();
const endAt = started + BigInt(seconds ?? 0) * 1_000_000_000n;
let running = true;
await Promise.all(
  clients.map(async (client, i) => {
    const topic = `sensors/temperature/temp-${i}`;
    let inFlight = 0;
    while (running) {
      while (inFlight < windowSize && running) {
        inFlight++;
        client.publish(topic, payload, { qos }, (error) => {
          inFlight--;
          if (!error) {
            acknowledged++;
          }
        });
      }
      await new Promise((resolve) => setImmediate(resolve));
      running = process.hrtime.bigint() < endAt;
    }
  }),
);
const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ acknowledged, wallSeconds }));
process.exit(0);
