/**
 * The container's health check: whether the gateway is ready to take readings (/readyz), or, with `/livez` as argument,
 * whether its process answers. A few lines on node:http alone, because each check is a process of its own beside the gateway,
 * within its limits. Where to ask follows from SENSORSIM_GATEWAY_HTTP.
 */
import { request } from 'node:http';

/** @param {string} why @returns {never} */
const fail = (why) => {
  process.stdout.write(`${why}\n`);
  process.exit(1);
};

const where = process.env.SENSORSIM_GATEWAY_HTTP ?? '0.0.0.0:9464';
if (where === 'off') {
  fail('SENSORSIM_GATEWAY_HTTP is off, so there is nothing to ask: run the container with --no-healthcheck');
}
const [, named = '', port] = /^(?:\[?([^\]]*)\]?:)?(\d+)$/.exec(where) ?? [];
const host = ['', '0.0.0.0', '::', '*'].includes(named) ? '127.0.0.1' : named;

request({ host, port, path: process.argv[2] ?? '/readyz', timeout: 4_000 }, (response) => {
  response.setEncoding('utf8').on('data', (text) => process.stdout.write(text.slice(0, 1_000)));
  response.on('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
})
  .on('timeout', () => fail(`no answer from ${host}:${port} in time`))
  .on('error', (error) => fail(error.message))
  .end();
