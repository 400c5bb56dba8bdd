/** `npm run kafka`: a real single-node Kafka on this machine, for as long as this program runs. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from './kafka-jars.js';
import { startKafka } from './kafka-server.js';

const help = `Usage: npm run kafka -- [options]

Runs a real Kafka broker (one node, KRaft) on this machine until Ctrl-C. Needs Java 17 or later and Maven; the jars
are fetched from Maven Central once.

  --port <n>         where clients connect, on 127.0.0.1 (default: 9092)
  --dir <path>       keep the data here (default: kafka-data in the cache folder)
  --partitions <n>   of topics made without saying how many (default: 8)
  --heap <size>      memory of the broker (default: 512m)
  --help             show this help

  SENSORSIM_CACHE    cache folder (default: .cache of the project)
`;

/** @param {string} message */
const say = (message) => void process.stderr.write(`${message}\n`);

/** @returns {{ port: number, dir: string, partitions: number, heap: string }} */
function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9092' },
      dir: { type: 'string', default: `${cacheFolder(process.env)}/kafka-data` },
      partitions: { type: 'string', default: '8' },
      heap: { type: 'string', default: '512m' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    process.exit(0);
  }
  const problems = [];
  const whole = (/** @type {string} */ name, /** @type {string} */ text, /** @type {number} */ max) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > max) {
      problems.push(`--${name}: "${text}" must be a whole number from 1 to ${max}`);
    }
    return value;
  };
  const port = whole('port', values.port, 65_535);
  const partitions = whole('partitions', values.partitions, 1_000);
  if (!/^\d+[mg]$/i.test(values.heap)) {
    problems.push(`--heap: "${values.heap}" must be a number with m or g, as in 512m`);
  }
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  return { port, dir: resolve(values.dir), partitions, heap: values.heap };
}

/** @type {ReturnType<typeof readArguments>} */
let settings;
try {
  settings = readArguments();
} catch (error) {
  say(`kafka: ${/** @type {Error} */ (error).message}\n  See --help.`);
  process.exit(2);
}

/** @type {import('./kafka-server.js').Kafka | undefined} */
let kafka;
let stopping = false;
for (const [signal, exitCode] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  process.on(signal, () => {
    if (kafka === undefined) {
      // Still starting: leaving ends the broker too.
      process.exit(exitCode);
    }
    if (!stopping) {
      stopping = true;
      say('Stopping Kafka …');
      void kafka.stop();
    }
  });
}

try {
  const { port, dir, partitions, heap } = settings;
  say(`Starting Kafka on 127.0.0.1:${port}, data in ${dir} …`);
  kafka = await startKafka({ port, dataDir: dir, partitions, heap, say });
  say(`
Kafka is ready on ${kafka.bootstrap}. In other terminals:

  npx sensorsim-gateway --kafka ${kafka.bootstrap}
  npx sensorsim --type temp --delay 200

Ctrl-C stops it; what is in its topics is kept in ${dir}.`);
  await kafka.ended;
  if (!stopping) {
    throw new Error(`Kafka has ended by itself; its log is ${dir}/kafka.log`);
  }
  say('Stopped.');
} catch (error) {
  say(`kafka: ${/** @type {Error} */ (error).message}`);
  process.exitCode = 3;
}
