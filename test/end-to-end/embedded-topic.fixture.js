// Appends to an embedded topic until it is killed, and prints each record's place in the run once it is called safe.
// Usage: node embedded-topic.fixture.js DIR RUN
import { EmbeddedTopicWriter } from '../../packages/gateway/dist/index.js';
import { sayAtOnce } from '../support/say-at-once.js';

const [directory = '', run = ''] = process.argv.slice(2);
const writer = new EmbeddedTopicWriter({ directory, partitions: 3, segmentBytes: 64 * 1024 });
await writer.start();

const headers = { 'content-type': 'text/plain' };
const filling = '.'.repeat(300);
for (let seq = 0; ; seq++) {
  const key = `device-${seq % 10}`;
  const value = Buffer.from(`${run} ${seq} ${filling}`);
  writer.append('t', { key, value, headers, timestamp: seq }, (error) => {
    sayAtOnce(error === undefined ? `${key} ${run} ${seq}` : `error ${error.code}`);
  });
  if (seq % 50 === 49) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (writer.pendingRecords > 500) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
