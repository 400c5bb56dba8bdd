import {
  choiceField,
  codecs,
  defineOptions,
  durationField,
  integerField,
  listField,
  numberField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { sensorTypes } from './model/index.js';
import { attackOptions } from './pattern/attack-options.js';
import { patterns } from './pattern/index.js';
import { offlineProblem } from './publish/offline-policy.js';
import { clockProblem, shardProblem, startProblem } from './schedule/time-setting.js';

const devices = 'Devices';
const timing = 'Timing';
const target = 'Where to';
const mqtt = 'MQTT';
const tls = 'TLS';
const split = 'Splitting a fleet';
const output = 'Output';
const help = 'Help';

const text = (): ReturnType<typeof textField> =>
  textField((value) => (value === '' ? 'is empty' : undefined));

/** Every setting of `sensorsim`: flags, `SENSORSIM_…` variables and keys of `--config` alike. */
export const sensorOptions = defineOptions({
  type: {
    flags: '--type <name>',
    complete: sensorTypes.flatMap(({ name, aliases }) => [name, ...aliases]),
    schema: withDefault(listField(text()), ['temperature']),
    description: 'what the devices measure; repeat it for a mixed fleet; see --list-types',
    group: devices,
    list: true,
  },
  count: {
    flags: '-c, --count <n>',
    schema: optional(integerField({ min: 1, max: 1_000_000 })),
    description: 'devices in the whole fleet, dealt to the types in turn (default: one a type)',
    group: devices,
  },
  id: {
    flags: '--id <template>',
    schema: optional(text()),
    description:
      'device ids; may hold {prefix} {type} {n} (counts within the type, 4 digits) {i} (counts the fleet) {serial} (6 digits that tell nothing of the order) {host} (name of the machine) (default: {prefix}-{n}; {i} with --format text)',
    group: devices,
  },
  serialFrom: {
    flags: '--serial-from <n>',
    schema: withDefault(integerField({ min: 0, max: 999_999 }), 0),
    description: 'where {serial} of --id begins to count, so that fleets side by side have ids apart',
    group: devices,
  },
  roomSize: {
    flags: '--room-size <n>',
    schema: withDefault(integerField({ min: 1 }), 4),
    description: 'neighbouring devices that share a room, and so its slow course',
    group: devices,
  },
  set: {
    flags: '--set <type.parameter=value>',
    schema: withDefault(listField(text()), []),
    description: 'a parameter of a model, as temperature.base=23; see --list-types',
    group: devices,
    list: true,
  },
  model: {
    flags: '--model <file>',
    complete: 'file',
    schema: optional(text()),
    description: 'play this recorded CSV in place of the model of --type',
    group: devices,
  },
  timeColumn: {
    flags: '--time-column <name|n>',
    schema: optional(text()),
    description: 'column of --model with the time: its name in the first line, or its number (default: 1)',
    group: devices,
  },
  valueColumn: {
    flags: '--value-column <name|n>',
    schema: optional(text()),
    description: 'column of --model with the value (default: 2)',
    group: devices,
  },
  interpolation: {
    flags: '--interpolation <kind>',
    complete: ['linear', 'step'],
    schema: optional(choiceField(['linear', 'step'])),
    description: 'between two rows of --model: linear, or step to hold the last (default: linear)',
    group: devices,
  },
  loop: {
    flags: '--no-loop',
    schema: withDefault(switchField(), true),
    description: 'hold the last value of --model at its end (default: begin again)',
    group: devices,
  },
  spread: {
    flags: '--spread <duration>',
    schema: optional(durationField({ min: 0 })),
    description:
      'each device begins --model at a place of its own, up to this far in (default: all at its beginning)',
    group: devices,
  },
  seed: {
    flags: '--seed <text>',
    schema: withDefault(text(), '1'),
    description:
      'same seed, same values and times; may hold {host}, for copies that are not to send the same',
    group: devices,
  },

  delay: {
    flags: '--delay <duration>',
    // Optional, so that the default does not contradict --rate where all settings are written down.
    schema: optional(durationField({ min: 0.001, max: 366 * 86_400_000 })),
    description: 'time between two readings of a device; a bare number is ms (default: 1s)',
    group: timing,
  },
  rate: {
    flags: '--rate <hz>',
    schema: optional(numberField({ min: 1e-6, max: 1e9 })),
    description: 'readings a second of the whole fleet, in place of --delay',
    group: timing,
  },
  jitter: {
    flags: '--jitter <duration>',
    schema: withDefault(durationField({ min: 0 }), 0),
    shownDefault: '0ms',
    description: 'each reading comes up to this much after its turn, at random; it never adds up',
    group: timing,
  },
  align: {
    flags: '--align',
    schema: withDefault(switchField(), false),
    description: 'let all devices fire at the same moment (default: spread over the delay)',
    group: timing,
  },
  clock: {
    flags: '--clock <clock>',
    complete: ['wall', 'virtual', '60x'],
    schema: withDefault(textField(clockProblem), 'wall'),
    description: 'wall; faster or slower than the wall, as 60x; or virtual: as fast as it goes',
    group: timing,
  },
  start: {
    flags: '--start <time>',
    schema: optional(textField(startProblem)),
    description:
      'device time at the start, ISO 8601 or ms since the epoch (default: now; 2026-01-01T00:00:00Z with --clock virtual)',
    group: timing,
  },
  duration: {
    flags: '--duration <duration>',
    schema: optional(durationField({ min: 1 })),
    description: 'ends after this much device time (default: runs until stopped)',
    group: timing,
  },
  limit: {
    flags: '--limit <n>',
    schema: optional(integerField({ min: 1 })),
    description: 'ends after this many readings of the whole fleet',
    group: timing,
  },
  lateAfter: {
    flags: '--late-after <duration>',
    schema: withDefault(durationField({ min: 0 }), 10),
    shownDefault: '10ms',
    description: 'a reading handed over later than this after it was due counts as late',
    group: timing,
  },
  catchUp: {
    flags: '--catch-up <duration>',
    schema: withDefault(durationField({ min: 0 }), 5_000),
    shownDefault: '5s',
    description: 'what fell due longer ago than this when its turn comes is skipped, not sent in a burst',
    group: timing,
  },

  ...attackOptions,

  broker: {
    flags: '-L, --broker <url>',
    schema: optional(listField(text())),
    description:
      'mqtt://, mqtts://, ws:// or wss:// with host, port, path, and perhaps user:password@ (a comma in them is %2C); repeat it to spread the connections over several gateways, as over all addresses of one name (default: mqtt://127.0.0.1:1883)',
    group: target,
    list: true,
  },
  host: {
    flags: '-h, --host <host>',
    schema: optional(text()),
    description: 'the broker, in place of --broker',
    group: target,
  },
  port: {
    flags: '-p, --port <port>',
    schema: optional(integerField({ min: 1, max: 65_535 })),
    description: 'port of --host (default: 1883)',
    group: target,
  },
  out: {
    flags: '--out <file>',
    complete: 'file',
    schema: optional(text()),
    description: 'write readings as lines to this file, - for standard output, and to no broker',
    group: target,
  },
  post: {
    flags: '--post <url>',
    schema: optional(text()),
    description: 'post the form of the 2018 sensor to this http:// URL, one connection a reading',
    group: target,
  },
  postForm: {
    flags: '--post-form <form>',
    complete: ['pair', 'value'],
    schema: optional(choiceField(['pair', 'value'])),
    description: 'pair: temp and lux in one request; value: one value, milliseconds (default: pair)',
    group: target,
  },
  format: {
    flags: '--format <name>',
    complete: codecs.map((codec) => codec.name),
    schema: optional(choiceField(codecs.map((codec) => codec.name))),
    description: 'how a reading is written; see --list-formats (default: json)',
    group: target,
  },
  topic: {
    flags: '-t, --topic <template>',
    schema: withDefault(text(), 'sensors/{type}/{id}'),
    description:
      'MQTT topic; may hold {id} {type} {room} {n} {i} {client} {host}, or %i (as {i}) %c (client id) %u (user)',
    group: target,
  },
  allowRemote: {
    flags: '--allow-remote',
    schema: withDefault(switchField(), false),
    description: 'send to hosts that are neither loopback nor in a private network',
    group: target,
  },

  mqttVersion: {
    flags: '-V, --mqtt-version <version>',
    complete: ['3.1.1', '5'],
    schema: withDefault(choiceField(['3.1.1', '4', '5', '311', 'mqttv311', 'mqttv5']), '3.1.1'),
    description: '3.1.1 (also 4) or 5',
    group: mqtt,
  },
  qos: {
    flags: '-q, --qos <0|1|2>',
    complete: ['0', '1', '2'],
    schema: withDefault(integerField({ min: 0, max: 2 }), 0),
    description: 'quality of service',
    group: mqtt,
  },
  retain: {
    flags: '-r, --retain',
    schema: withDefault(switchField(), false),
    description: 'let the broker keep the last reading of each topic',
    group: mqtt,
  },
  keepalive: {
    flags: '-k, --keepalive <seconds>',
    schema: withDefault(integerField({ min: 0, max: 65_535 }), 60),
    description: 'seconds between signs of life; 0: none',
    group: mqtt,
  },
  clientId: {
    flags: '-i, --client-id <template>',
    schema: optional(text()),
    description:
      'may hold {id} {i} {host}, or %i (as {i}) and %u (default: the device id; sensorsim-{i} with --connections)',
    group: mqtt,
  },
  username: {
    flags: '-u, --username <name>',
    schema: optional(text()),
    description: 'may hold {id} {i} {host}',
    group: mqtt,
  },
  password: {
    flags: '-P, --password <password>',
    schema: optional(text()),
    description: 'better from a file or SENSORSIM_PASSWORD: other users see command lines',
    group: mqtt,
    secret: true,
  },
  connections: {
    flags: '--connections <n>',
    schema: optional(integerField({ min: 1 })),
    description: 'connections that the devices share (default: one a device)',
    group: mqtt,
  },
  connectRate: {
    flags: '--connect-rate <hz>',
    schema: withDefault(numberField({ min: 0.1 }), 2_000),
    description: 'connections opened a second',
    group: mqtt,
  },
  inflight: {
    flags: '--inflight <n>',
    schema: withDefault(integerField({ min: 1, max: 65_535 }), 100),
    description: 'unconfirmed readings a connection may have under way at QoS 1 and 2',
    group: mqtt,
  },
  waiting: {
    flags: '--waiting <n>',
    schema: optional(integerField({ min: 0, max: 1_000_000 })),
    description:
      'readings that wait for a busy connection; what comes on top is skipped (default: 1000, fewer above 200 connections)',
    group: mqtt,
  },
  offline: {
    flags: '--offline <policy>',
    complete: ['skip', 'queue:1000'],
    schema: withDefault(textField(offlineProblem), 'skip'),
    description: 'readings due without a connection: skip, or queue:N to keep the newest N a connection',
    group: mqtt,
  },
  giveUp: {
    flags: '--give-up <duration>',
    schema: optional(durationField({ min: 0 })),
    description: 'ends with exit code 3 when no connection stood for this long (default: tries for ever)',
    group: mqtt,
  },
  rebalance: {
    flags: '--rebalance <duration>',
    schema: optional(durationField({ min: 1_000 })),
    description:
      'of several gateways: how often connections that are not at their own go back to it, or to one that is new, without sending anything twice; needs --qos 1 or 2 (default: only when they have to connect again)',
    group: mqtt,
  },
  statusTopic: {
    flags: '--status-topic <template>',
    schema: optional(text()),
    description: 'retained online, and offline as the will, on this topic; may hold {client} {id} {i} {host}',
    group: mqtt,
  },
  willTopic: {
    flags: '--will-topic <template>',
    schema: optional(text()),
    description: 'topic of the last will; may hold {client} {id} {i} {host}',
    group: mqtt,
  },
  willPayload: {
    flags: '--will-payload <text>',
    schema: optional(textField()),
    description: 'payload of the last will (default: empty)',
    group: mqtt,
  },
  willQos: {
    flags: '--will-qos <0|1|2>',
    complete: ['0', '1', '2'],
    schema: optional(integerField({ min: 0, max: 2 })),
    description: 'quality of service of the last will (default: 0)',
    group: mqtt,
  },
  willRetain: {
    flags: '--will-retain',
    schema: withDefault(switchField(), false),
    description: 'let the broker keep the last will',
    group: mqtt,
  },
  userProperty: {
    flags: '--user-property <key=value>',
    schema: withDefault(
      listField(textField((pair) => (/^[^=]+=/.test(pair) ? undefined : 'is not key=value'))),
      [],
    ),
    description: 'MQTT 5 user property of every reading',
    group: mqtt,
    list: true,
  },
  messageExpiry: {
    flags: '--message-expiry <duration>',
    schema: optional(durationField({ min: 1_000 })),
    description: 'MQTT 5: how long the broker may hold a reading',
    group: mqtt,
  },

  cafile: {
    flags: '--cafile <file>',
    complete: 'file',
    schema: optional(text()),
    description: 'PEM certificates to trust (default: those of Node.js)',
    group: tls,
  },
  cert: {
    flags: '--cert <file>',
    complete: 'file',
    schema: optional(text()),
    description: "the sensors' own certificate, PEM",
    group: tls,
  },
  key: {
    flags: '--key <file>',
    complete: 'file',
    schema: optional(text()),
    description: 'its private key, PEM',
    group: tls,
  },
  insecure: {
    flags: '--insecure',
    schema: withDefault(switchField(), false),
    description: "do not check the broker's certificate",
    group: tls,
  },

  workers: {
    flags: '--workers <n>',
    schema: withDefault(integerField({ min: 1, max: 256 }), 1),
    description: 'threads that share the fleet; the bytes stay the same',
    group: split,
  },
  shard: {
    flags: '--shard <i/n>',
    schema: optional(textField(shardProblem)),
    description: 'be part i of n of the fleet, as 1/3; together the parts send what one would',
    group: split,
  },

  record: {
    flags: '--record <dir>',
    complete: 'folder',
    schema: optional(text()),
    description: 'write the run folder: the fate of every reading, connections, summary; may hold {host}',
    group: output,
  },
  force: {
    flags: '--force',
    schema: withDefault(switchField(), false),
    description: 'let --record write into a folder that holds other files',
    group: output,
  },
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'print the summary as one JSON object on standard output',
    group: output,
  },
  quiet: {
    flags: '--quiet',
    schema: withDefault(switchField(), false),
    description: 'neither live line nor summary on standard error',
    group: output,
  },

  config: {
    flags: '--config <file>',
    complete: 'file',
    schema: optional(text()),
    description: 'settings by long flag name, YAML; flags and SENSORSIM_… variables win over it',
    group: help,
    flagOnly: true,
    variableToo: true,
  },
  legacyEnvironment: {
    flags: '--legacy-environment',
    schema: withDefault(switchField(), false),
    description:
      'read the variables of the 2018 sensor, PI_IP PI_PORT NUM_MSG SENSOR_ID DELAY (microseconds), where one of them is set, as far as nothing else gives what they say; the image switches it on',
    group: help,
    flagOnly: true,
    variableToo: true,
  },
  printConfig: {
    flags: '--print-config',
    schema: withDefault(switchField(), false),
    description: 'print the settings as they would be used, then end',
    group: help,
    flagOnly: true,
  },
  listTypes: {
    flags: '--list-types',
    schema: withDefault(switchField(), false),
    description: 'explain each type and its parameters, then end',
    group: help,
    flagOnly: true,
  },
  listPatterns: {
    flags: '--list-patterns',
    schema: withDefault(switchField(), false),
    description: 'list the patterns of misbehaviour that --attack takes, then end',
    group: help,
    flagOnly: true,
  },
  explain: {
    flags: '--explain <pattern>',
    complete: patterns.map(({ name }) => name),
    schema: optional(text()),
    description: 'explain a pattern and its parameters, then end',
    group: help,
    flagOnly: true,
  },
  listFormats: {
    flags: '--list-formats',
    schema: withDefault(switchField(), false),
    description: 'show each payload format, then end',
    group: help,
    flagOnly: true,
  },
});

/** The resolved settings of a fleet. */
export type SensorOptions = OptionValues<typeof sensorOptions>;
