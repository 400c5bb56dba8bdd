import {
  type ConfigSource,
  compileNameTemplate,
  formatDuration,
  messageOf,
  SuiteError,
} from 'sensorsim-shared';
import { delayOf, devicesOf, wholeFleetOf } from './layout.js';
import { chooseModels, type ModelChoice } from './model-choice.js';
import type { SensorOptions, sensorOptions } from './options.js';
import { attackNames, attackSpecsOf } from './pattern/attack-options.js';
import { planAttacks } from './pattern/plan.js';
import { brokerAddresses } from './publish/broker-address.js';
import {
  clientIdNames,
  clientIdsOf,
  connectionNames,
  deviceNames,
  fromPercent,
  protocolLevel,
  readTlsFiles,
  topicOf,
  topicProblem,
} from './publish/mqtt-settings.js';
import type { DeviceSpec } from './schedule/fleet.js';
import { codecOf } from './share.js';

type Values = Partial<SensorOptions>;
type Sources = Readonly<Record<keyof typeof sensorOptions, ConfigSource>>;

/** Finds what is wrong with settings that are each well formed: contradictions, unknown names, unreadable files. */
export function settingProblems(values: Values, sources: Sources): string[] {
  const given = (name: keyof SensorOptions): boolean =>
    sources[name] !== 'default' && !isNothing(values[name]);
  return [
    ...contradictions(values, given),
    ...timingProblems(values, given),
    ...fleetProblems(values),
    ...destinationProblems(values),
  ];
}

/** As a setting stands in a file that names every setting. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
}

function contradictions(values: Values, given: (name: keyof SensorOptions) => boolean): string[] {
  const problems: string[] = [];
  const exclude = (a: keyof SensorOptions, b: keyof SensorOptions, why: string): void => {
    if (given(a) && given(b)) {
      problems.push(`${flag(a)} and ${flag(b)}: ${why}`);
    }
  };
  exclude('host', 'broker', 'name the broker once');
  exclude('port', 'broker', 'put the port into the URL');
  for (const target of ['host', 'port', 'broker'] as const) {
    exclude('out', target, 'a file or a broker, not both');
    exclude('post', target, 'a form or a broker, not both');
  }
  exclude('out', 'post', 'a file or a form, not both');
  exclude('rate', 'delay', 'the rate of the fleet decides the delay; give one of them');
  exclude('statusTopic', 'willTopic', 'a connection has one will; give one of them');
  exclude('json', 'printConfig', 'give one of them');
  if (values.out === '-' && values.json === true) {
    problems.push('--out - and --json: both write to standard output; write the readings to a file');
  }
  if (given('willPayload') || given('willQos') || given('willRetain')) {
    if (!given('willTopic')) {
      problems.push('--will-payload, --will-qos and --will-retain need --will-topic');
    }
  }
  if ((values.cert === undefined) !== (values.key === undefined)) {
    problems.push('--cert and --key: a certificate needs its key, and a key its certificate');
  }
  if (given('postForm') && !given('post')) {
    problems.push('--post-form needs --post');
  }
  if (given('post') && given('format')) {
    problems.push('--format and --post: the form of 2018 has a format of its own; see --post-form');
  }
  if (values.out !== undefined && values.format === 'senml-cbor') {
    problems.push(
      '--format senml-cbor and --out: it is binary, and the file has a line a reading; use senml',
    );
  }
  if (values.mqttVersion !== undefined && protocolLevel(values.mqttVersion) !== 5) {
    for (const name of ['userProperty', 'messageExpiry'] as const) {
      if (given(name)) {
        problems.push(`${flag(name)}: needs MQTT 5; add -V 5`);
      }
    }
  }
  if (given('rebalance') && values.qos === 0) {
    problems.push(
      '--rebalance: needs --qos 1 or 2; without confirmations nobody knows when nothing is under way',
    );
  }
  if (given('model') && (values.type?.length ?? 0) > 1) {
    problems.push('--model and several --type: a recording is of one type');
  }
  for (const name of ['timeColumn', 'valueColumn', 'interpolation', 'spread'] as const) {
    if (given(name) && !given('model')) {
      problems.push(`${flag(name)} needs --model`);
    }
  }
  exclude('model', 'set', 'a recording has no parameters');
  if (given('force') && !given('record')) {
    problems.push('--force needs --record');
  }
  return problems;
}

function timingProblems(values: Values, given: (name: keyof SensorOptions) => boolean): string[] {
  const problems: string[] = [];
  if (values.clock === 'virtual' && values.duration === undefined && values.limit === undefined) {
    problems.push('--clock virtual: it would never end; add --duration or --limit');
  }
  if (values.jitter !== undefined && values.type !== undefined) {
    const delay = delayOf({ count: values.count, type: values.type, delay: values.delay, rate: values.rate });
    if (values.jitter > delay) {
      problems.push(
        `--jitter: must be at most the delay of a device, ${delay}ms, or its readings change order`,
      );
    }
    if (delay < 0.001) {
      problems.push('--rate: is more than a thousand readings a millisecond and device');
    }
  }
  if (given('port') && values.port === 0) {
    problems.push('--port: must be 1 to 65535');
  }
  return problems;
}

/** What only shows when the devices are laid out. */
function fleetProblems(values: Values): string[] {
  const problems: string[] = [];
  const { type, set } = values;
  if (type === undefined || set === undefined) {
    return problems;
  }
  const choices = chooseModels({ type, set }, problems);
  if (problems.length > 0 || !isWhole(values)) {
    return problems;
  }
  try {
    const devices = devicesOf(values, choices);
    if (devices.length === 0) {
      return [`--shard: ${values.shard} of so few devices is empty`];
    }
    problems.push(...splitProblems(values, devices), ...templateProblems(values, devices));
    problems.push(...attackProblems(values, choices));
    problems.push(...formatProblems(values, devices, choices));
  } catch (error) {
    problems.push(error instanceof SuiteError ? `${error.message}. ${error.hint}` : messageOf(error));
  }
  return problems;
}

function splitProblems(values: SensorOptions, devices: readonly DeviceSpec[]): string[] {
  const problems: string[] = [];
  const connections = values.connections ?? devices.length;
  if (connections > devices.length) {
    problems.push(`--connections: ${connections} are more than the ${devices.length} devices`);
  } else if (values.workers > connections) {
    problems.push(`--workers: ${values.workers} are more than the ${connections} connections or devices`);
  }
  return problems;
}

function templateProblems(values: SensorOptions, devices: readonly DeviceSpec[]): string[] {
  if (values.out !== undefined || values.post !== undefined) {
    return [];
  }
  const problems: string[] = [];
  const check = (
    name: 'topic' | 'clientId' | 'statusTopic' | 'willTopic' | 'username',
    names: readonly string[],
  ): void => {
    const template = values[name];
    try {
      compileNameTemplate(fromPercent(template ?? ''), names);
    } catch (error) {
      problems.push(`${flag(name)}: ${messageOf(error)}. ${error instanceof SuiteError ? error.hint : ''}`);
    }
  };
  check('topic', deviceNames);
  check('clientId', clientIdNames);
  for (const name of ['statusTopic', 'willTopic', 'username'] as const) {
    check(name, connectionNames);
  }
  if (problems.length > 0) {
    return problems;
  }
  const ids = clientIdsOf(values, devices);
  if (new Set(ids.values()).size < ids.size) {
    problems.push(
      '--client-id: gives several connections one id, and they would throw each other out; add {id} or {i}',
    );
  }
  const topic = topicOf(values.topic, devices[0] as DeviceSpec, ids.get(0) ?? '', values.username ?? '');
  const wrong = topicProblem(topic);
  if (wrong !== undefined) {
    problems.push(`--topic: "${topic}" ${wrong}`);
  }
  return problems;
}

/** Patterns that cannot be played upon this fleet, or not through this way out. */
function attackProblems(values: SensorOptions, choices: readonly ModelChoice[]): string[] {
  const problems: string[] = [];
  const specs = attackSpecsOf(values, problems);
  if (specs.length === 0 || problems.length > 0) {
    return problems;
  }
  if (values.allowRemote) {
    problems.push(
      '--attack and --allow-remote: patterns are for brokers on this machine or a private network',
    );
  }
  try {
    const toBroker = values.out === undefined && values.post === undefined;
    for (const { spec, pattern } of planAttacks(specs, wholeFleetOf(values, choices), values.seed)) {
      if (values.duration !== undefined && spec.atMs >= values.duration) {
        problems.push(
          `--attack-at: ${spec.id} (${pattern.name}) begins when the run is over; it lasts ${formatDuration(values.duration)}`,
        );
      }
      if (pattern.drive !== undefined && !toBroker) {
        problems.push(
          `--attack: ${spec.id} (${pattern.name}) acts through connections of its own and needs a broker; leave out --out and --post`,
        );
      }
    }
  } catch (error) {
    const details =
      error instanceof SuiteError && error.problems.length > 0 ? error.problems : [messageOf(error)];
    problems.push(...details.map((detail) => `--attack: ${detail}`));
  }
  return problems;
}

/** Whether the format can say a reading at all. */
function formatProblems(
  values: SensorOptions,
  devices: readonly DeviceSpec[],
  choices: readonly ModelChoice[],
): string[] {
  const { id, type } = devices[0] as DeviceSpec;
  if (values.post !== undefined && (values.postForm ?? 'pair') === 'pair') {
    const odd = choices.find((choice) => choice.type.name !== 'temperature');
    return odd === undefined
      ? []
      : [
          `--post: a pair is temperature and light of one device; leave out --type ${odd.type.name}, or add --post-form value`,
        ];
  }
  try {
    codecOf(values).encode({
      id,
      type: type.name,
      value: 0,
      unit: type.unit,
      ts: Date.UTC(2026, 0, 1),
      seq: 0,
    });
    return [];
  } catch (error) {
    return [`--format: ${messageOf(error)}`];
  }
}

function destinationProblems(values: Values): string[] {
  const problems: string[] = [];
  const addresses = brokerAddresses(
    {
      broker: values.broker,
      host: values.host,
      port: values.port,
      cafile: values.cafile,
      cert: values.cert,
      key: values.key,
      insecure: values.insecure ?? false,
    },
    problems,
  );
  const plain = addresses.find(({ protocol }) => protocol !== 'mqtts' && protocol !== 'wss');
  if (
    values.broker !== undefined &&
    plain !== undefined &&
    (values.cafile !== undefined || values.cert !== undefined || values.insecure === true)
  ) {
    problems.push(`--broker: ${plain.protocol}:// has no certificates; use mqtts:// or wss://`);
  }
  const logins = addresses.map(({ username, password }) => JSON.stringify([username, password]));
  const distinct = new Set(logins.filter((login) => login !== '[null,null]'));
  if (distinct.size > 1) {
    problems.push(
      '--broker: the URLs name different users or passwords; a device has one: see --username and --password',
    );
  }
  if (values.post !== undefined) {
    const url = URL.canParse(values.post) ? new URL(values.post) : undefined;
    if (url === undefined || url.protocol !== 'http:' || url.hostname === '') {
      problems.push(`--post: "${values.post}" is not an http:// URL, as http://127.0.0.1:1880/readings-form`);
    }
  }
  readTlsFiles({ cafile: values.cafile, cert: values.cert, key: values.key }, problems);
  return problems;
}

/** No setting was malformed: those that may be absent apart, every one has a value. */
function isWhole(values: Values): values is SensorOptions {
  const needed = ['roomSize', 'topic', 'workers', 'set', 'type', ...attackNames] as const;
  return needed.every((name) => values[name] !== undefined);
}

function flag(name: keyof SensorOptions): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
