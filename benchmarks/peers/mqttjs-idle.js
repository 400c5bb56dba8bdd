/** Yardstick for memory: bare MQTT.js clients, connected and idle. node mqttjs-idle.js PORT CONNECTIONS */
import mqtt from 'mqtt';

const [port, connections = 0] = process.argv.slice(2).map(Number);
/** @param {number} i */
const open = (i) => mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: `m${i}`, keepalive: 0 });
await open(-1);
const before = process.memoryUsage();
for (let from = 0; from < connections; from += 500) {
  await Promise.all(Array.from({ length: Math.min(500, connections - from) }, (_, i) => open(from + i)));
}
const after = process.memoryUsage();
console.log(
  JSON.stringify({
    kilobytesEach: (after.rss - before.rss) / 1_024 / connections,
    heapKilobytesEach: (after.heapUsed - before.heapUsed) / 1_024 / connections,
  }),
);
process.exit(0);
