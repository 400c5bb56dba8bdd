/**
 * Reports on a gateway from inside its container: on standard output a line of JSON twice a second, and at once for each line on standard
 * input: `{"status":…,"latency":"…"}`, by its observation port. The lab hands the text of this file to `node` there, because no port has
 * to be published, nor the host to be near. Of Node.js it takes one module: it lives within the limits of the gateway.
 */
import { request } from 'node:http';

const everyMs = 500;
const patienceMs = 2_000;
/** The latency is told so much more seldom than the rest: to pack it takes the gateway a few ms. */
const latencyEvery = 2;

const port = process.argv.at(-1) ?? '';
let isAsking = false;
let isWanted = false;
let rounds = 0;

function fetchText(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, timeout: patienceMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text.trim() : undefined));
      response.on('error', () => resolve(undefined));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

async function report(withLatency: boolean): Promise<void> {
  if (isAsking) {
    isWanted = isWanted || withLatency;
    return;
  }
  isAsking = true;
  const status = await fetchText('/status');
  const latency = status !== undefined && withLatency ? await fetchText('/latency') : undefined;
  isAsking = false;
  if (status !== undefined) {
    process.stdout.write(`{"status":${status},"latency":${JSON.stringify(latency ?? null)}}\n`);
  }
  if (isWanted) {
    isWanted = false;
    void report(true);
  }
}

process.stdout.on('error', () => process.exit(0));
process.stdin.on('data', () => void report(true));
process.stdin.on('error', () => process.exit(0));
process.stdin.on('end', () => process.exit(0));
setInterval(() => void report(rounds++ % latencyEvery === 0), everyMs);
void report(true);
