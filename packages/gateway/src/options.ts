import {
  type Codec,
  type ConfigSource,
  codecByName,
  deadLetterSuffix,
  defaultReadingTopic,
  defineOptions,
  longFlagOf,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { acknowledgeOptions, ackPolicyOf } from './acknowledge/options.js';
import { decodeOptions, recordOptions } from './decode/options.js';
import { sinkOptions } from './forward/options.js';
import { guardProblems } from './guard/check-guard-options.js';
import { guardOptions } from './guard/options.js';
import { holdOptions } from './hold/options.js';
import { observeOptions } from './observe/options.js';
import { receiveOptions } from './receive/options.js';
import { stateOptions, stateProblems } from './receive/state/options.js';

/** The settings of `sensorsim-gateway`, stage by stage. */
export const gatewayOptions = defineOptions({
  ...receiveOptions,
  ...guardOptions,
  ...stateOptions,
  ...decodeOptions,
  ...sinkOptions,
  ...recordOptions,
  ...acknowledgeOptions,
  ...holdOptions,
  ...observeOptions,
  config: {
    flags: '--config <file>',
    schema: optional(textField()),
    description: 'settings by long flag name, YAML; flags and SENSORSIM_GATEWAY_… variables win over it',
    group: 'Settings',
    flagOnly: true,
    variableToo: true,
    complete: 'file',
  },
  printConfig: {
    flags: '--print-config',
    schema: withDefault(switchField(), false),
    description: 'print the settings as they would be used, as such a file, then end',
    group: 'Settings',
    flagOnly: true,
  },
});

export type GatewayOptions = OptionValues<typeof gatewayOptions>;

/** The format that records are written in; undefined: as received. */
export function outputCodec(options: Pick<GatewayOptions, 'format'>): Codec | undefined {
  return options.format === 'as-received' ? undefined : codecByName(options.format);
}

/** Where dead letters go. */
export function deadLetterTopicOf({
  deadLetterTopic,
  topic,
}: Pick<GatewayOptions, 'deadLetterTopic' | 'topic'>): string {
  return deadLetterTopic ?? `${topic.includes('{') ? defaultReadingTopic : topic}${deadLetterSuffix}`;
}

/** The topics that records will go to; one that is made from each message is not among them. */
export function topicsKnownAtStart(options: Pick<GatewayOptions, 'deadLetterTopic' | 'topic'>): string[] {
  const readings = options.topic.includes('{') ? [] : [options.topic];
  return [...readings, deadLetterTopicOf(options)];
}

/** Contradictions between settings. @param sources where each came from; absent: unknown */
export function checkGatewayOptions(
  values: Partial<GatewayOptions>,
  sources?: Readonly<Record<keyof GatewayOptions, ConfigSource>>,
): string[] {
  const problems = [
    ...kafkaProblems(values, sources),
    ...brokerProblems(values),
    ...holdProblems(values, sources),
    ...guardProblems(values),
    ...stateProblems(values),
  ];
  const schemes = (values.listen ?? []).map((url) => url.split(':', 1)[0]);
  const wantsTls = schemes.includes('mqtts') || schemes.includes('wss');
  if (wantsTls && (values.tlsCert === undefined || values.tlsKey === undefined)) {
    problems.push('--listen mqtts:// and wss:// need --tls-cert and --tls-key');
  }
  // A --listen that is itself wrong says nothing about TLS.
  const knowsListen = values.listen !== undefined || (sources?.listen ?? 'default') === 'default';
  if (knowsListen && !wantsTls && (values.tlsCert ?? values.tlsKey ?? values.tlsCa) !== undefined) {
    problems.push('--tls-cert, --tls-key and --tls-ca need a --listen mqtts:// or wss://');
  }
  if (values.json === true && values.to === 'stdout') {
    problems.push('--json and --to stdout: both write to standard output');
  }
  return problems;
}

function kafkaProblems(
  values: Partial<GatewayOptions>,
  sources: Readonly<Record<keyof GatewayOptions, ConfigSource>> | undefined,
): string[] {
  const problems: string[] = [];
  if (values.to !== undefined && values.to !== 'kafka' && sources?.kafka === 'flag') {
    problems.push(`--kafka: records go to ${values.to}, by --to`);
  }
  if ((values.kafkaCert === undefined) !== (values.kafkaKey === undefined)) {
    problems.push('--kafka-cert and --kafka-key go together');
  }
  const login = (['kafkaSasl', 'kafkaUsername', 'kafkaPassword'] as const).map(
    // One that is itself wrong was given all the same.
    (name) => values[name] !== undefined || (sources !== undefined && sources[name] !== 'default'),
  );
  if (login.includes(true) && login.includes(false)) {
    problems.push('--kafka-sasl, --kafka-username and --kafka-password go together');
  }
  return problems;
}

/** Settings of a spool where there is none. */
function holdProblems(
  { ack, to }: Partial<GatewayOptions>,
  sources: Readonly<Record<keyof GatewayOptions, ConfigSource>> | undefined,
): string[] {
  // A --to or --ack that is itself wrong says nothing about the spool.
  if (to === undefined || (ack === undefined && (sources?.ack ?? 'default') !== 'default')) {
    return [];
  }
  if (ackPolicyOf({ ack, to }) === 'spool') {
    return [];
  }
  const cause = ack === undefined ? `with --to ${to} there is no spool by default` : `--ack is ${ack}`;
  return Object.entries(holdOptions)
    .filter(([name]) => sources?.[name as keyof GatewayOptions] === 'flag')
    .map(([, option]) => `${longFlagOf(option)}: needs --ack spool; ${cause}`);
}

function brokerProblems(values: Partial<GatewayOptions>): string[] {
  const problems: string[] = [];
  if ((values.brokerCert === undefined) !== (values.brokerKey === undefined)) {
    problems.push('--broker-cert and --broker-key go together');
  }
  if (values.subscribe === undefined) {
    for (const [flag, value] of [
      ['--username', values.username],
      ['--password', values.password],
      ['--broker-ca', values.brokerCa],
      ['--broker-cert', values.brokerCert],
    ]) {
      if (value !== undefined) {
        problems.push(`${flag}: needs --subscribe`);
      }
    }
  }
  return problems;
}
