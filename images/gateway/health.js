/**
 * The container's health check: whether the gateway is ready to take readings, by /readyz. A few lines on node:http alone,
 * because each check is a process of its own beside the gateway, within its limits.
 */
import { request } from 'node:http';

const port = /(\d+)$/.exec(process.env.SENSORSIM_GATEWAY_HTTP ?? '')?.[1] ?? '9464';

/** @param {string} why @returns {never} */
const fail = (why) => {
  process.stdout.write(`${why}\n`);
  process.exit(1);
};

request({ host: '127.0.0.1', port, path: '/readyz', timeout: 4_000 }, (response) => {
  response.setEncoding('utf8').on('data', (text) => process.stdout.write(text.slice(0, 1_000)));
  response.on('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
})
  .on('timeout', () => fail('no answer in time'))
  .on('error', (error) => fail(error.message))
  .end();
