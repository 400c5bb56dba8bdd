// Fills a spool until it is killed, and prints what it is told: `safe POSITION RUN SEQ`, `intended POSITION`, `settled POSITION`.
// Usage: node spool-log.fixture.js DIR RUN
import { SpoolLog } from '../../packages/gateway/dist/hold/log/index.js';
import { sayAtOnce } from '../support/say-at-once.js';

const [directory = '', run = ''] = process.argv.slice(2);
const spool = new SpoolLog({
  directory,
  owner: 'the topic t',
  maxBytes: 64 * 1024 * 1024,
  segmentBytes: 64 * 1024,
});
await spool.start();

const filling = '.'.repeat(200);
let open = 0;
for (let seq = 0; ; seq++) {
  const record = {
    topic: 't',
    key: `device-${seq % 10}`,
    value: Buffer.from(`${run} ${seq} ${filling}`),
    contentType: 'text/plain',
    mqttTopic: 'a/b',
    mqttQos: /** @type {const} */ (1),
    mqttDup: false,
    mqttClientId: 'c',
    receivedAt: seq,
  };
  open++;
  spool.append(record, false, (error, position) => {
    open--;
    sayAtOnce(error === undefined ? `safe ${position} ${run} ${seq}` : `error ${error.code}`);
  });
  if (seq % 50 === 49) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (open > 500) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (seq % 1_000 === 999) {
    const entries = await spool.read(spool.firstPosition, { records: 2_000, bytes: 1024 * 1024 });
    const end = (entries.at(-1)?.position ?? -1) + 1;
    await spool.intend(end);
    sayAtOnce(`intended ${end}`);
    // What was intended and is not settled has to come back marked.
    sayAtOnce(`settled ${end - 100}`);
    spool.advance(end - 100);
  }
}
