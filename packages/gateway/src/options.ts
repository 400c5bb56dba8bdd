import {
  bytesField,
  type Codec,
  type ConfigSource,
  choiceField,
  codecByName,
  codecs,
  deadLetterSuffix,
  defaultReadingTopic,
  defineOptions,
  durationField,
  integerField,
  listField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import type { FormatRule } from './decode/decoder.js';
import { topicFilterProblem } from './decode/topic-filter.js';
import { TopicNames, topicPlaceholders } from './decode/topic-name.js';
import { sinkOptions } from './forward/options.js';
import { logFormats, logLevels } from './observe/log.js';
import { parseListenAddress } from './receive/listen-address.js';

const formats = codecs.map(({ name }) => name);

/** When a device is told that its message is taken; the spool adds one more. */
export const ackPolicies = ['kafka', 'receive'] as const;

export type AckPolicy = (typeof ackPolicies)[number];

const brokerSchemes = ['mqtt', 'mqtts', 'ws', 'wss'];

function brokerUrlProblem(text: string): string | undefined {
  const scheme = /^([a-z]+):\/\/[^\s/]+/.exec(text)?.[1] ?? '';
  return brokerSchemes.includes(scheme) && URL.canParse(text)
    ? undefined
    : 'is not the URL of a broker; write it as in mqtt://127.0.0.1:1883 or mqtts://broker.local:8883';
}

function listenProblem(text: string): string | undefined {
  const address = parseListenAddress(text);
  return 'problem' in address ? address.problem : undefined;
}

function formatRuleProblem(text: string): string | undefined {
  const at = text.lastIndexOf('=');
  if (at < 1) {
    return `is not a rule; write filter=format, as in sensors/legacy/#=text`;
  }
  try {
    codecByName(text.slice(at + 1));
  } catch (error) {
    return `names no format: ${(error as Error).message}`;
  }
  return topicFilterProblem(text.slice(0, at));
}

/** A rule that `formatRuleProblem` found right. */
export function parseFormatRule(text: string): FormatRule {
  const at = text.lastIndexOf('=');
  return { filter: text.slice(0, at), codec: codecByName(text.slice(at + 1)) };
}

function topicTemplateProblem(text: string): string | undefined {
  try {
    new TopicNames(text, 1);
    return text === '' ? 'is empty' : undefined;
  } catch {
    const names = topicPlaceholders.map((name) => `{${name}}`).join(', ');
    return `is not a topic or template; in braces may stand ${names}`;
  }
}

function httpAddressProblem(text: string): string | undefined {
  return text === 'off' || parseHttpAddress(text) !== undefined
    ? undefined
    : 'is not host:port, a port, or off';
}

/** `127.0.0.1:9464`, `9464` (on loopback), `[::1]:9464`; undefined for anything else. */
export function parseHttpAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^\s:/]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  return match === null || port > 65_535
    ? undefined
    : { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}

/** The settings of `sensorsim-gateway`. */
export const gatewayOptions = defineOptions({
  listen: {
    flags: '--listen <url>',
    schema: optional(listField(textField(listenProblem))),
    description:
      'Take messages here: mqtt://, mqtts://, ws://, wss://, or http:// for the 2018 form (POST /readings-form). Repeatable; port 0 takes a free one. Without --subscribe: mqtt://127.0.0.1:1883',
    group: 'Receive',
    list: true,
  },
  tlsCert: {
    flags: '--tls-cert <path>',
    schema: optional(textField()),
    description: 'certificate chain (PEM) of mqtts:// and wss:// listeners',
    group: 'Receive',
    complete: 'file',
  },
  tlsKey: {
    flags: '--tls-key <path>',
    schema: optional(textField()),
    description: 'private key (PEM) of --tls-cert',
    group: 'Receive',
    complete: 'file',
  },
  tlsCa: {
    flags: '--tls-ca <path>',
    schema: optional(textField()),
    description: 'take only devices with a certificate that one of these authorities (PEM) has signed',
    group: 'Receive',
    complete: 'file',
  },
  filter: {
    flags: '--filter <filter>',
    schema: optional(listField(textField(topicFilterProblem))),
    description:
      'Forward only MQTT topics that a filter matches. Repeatable. Absent: sensors/# with --subscribe, everything from own listeners',
    group: 'Receive',
    list: true,
  },
  gatewayId: {
    flags: '--gateway-id <id>',
    schema: optional(
      textField((text) =>
        /^[A-Za-z0-9._:-]{1,64}$/.test(text) ? undefined : 'must be 1 to 64 of A-Z a-z 0-9 . _ : -',
      ),
    ),
    description:
      'Name of this gateway, in the gateway-id header and in its client ids at a broker; must stay the same over restarts. Absent: the host name',
    group: 'Receive',
  },
  subscribe: {
    flags: '--subscribe <url>',
    schema: optional(textField(brokerUrlProblem)),
    description:
      'take messages from this broker (MQTT 5), over a shared subscription and a persistent session',
    group: 'Subscribe',
  },
  group: {
    flags: '--group <name>',
    schema: withDefault(
      textField((text) => (/^[^/+#\s]{1,128}$/.test(text) ? undefined : 'may not hold / + # or spaces')),
      'sensorsim',
    ),
    description: 'name of the shared subscription; gateways of one name share the messages',
    group: 'Subscribe',
  },
  subscribeConnections: {
    flags: '--subscribe-connections <n>',
    schema: withDefault(integerField({ min: 1, max: 64 }), 1),
    description:
      "Connections that share the messages. One keeps the order of arrival; over several the broker deals a device's messages out, and they may overtake one another",
    group: 'Subscribe',
  },
  subscribeQos: {
    flags: '--subscribe-qos <qos>',
    schema: withDefault(integerField({ min: 0, max: 2 }), 1),
    description: 'highest quality of service that messages come with',
    group: 'Subscribe',
  },
  receiveMaximum: {
    flags: '--receive-maximum <n>',
    schema: withDefault(integerField({ min: 1, max: 65_535 }), 1_000),
    description: 'messages of QoS 1 and 2 that a connection may have unacknowledged',
    group: 'Subscribe',
  },
  sessionExpiry: {
    flags: '--session-expiry <duration>',
    schema: withDefault(durationField({ min: 0, max: 365 * 86_400_000 }), 86_400_000),
    shownDefault: '1d',
    description: 'how long the broker keeps messages for this gateway while it is away',
    group: 'Subscribe',
  },
  username: {
    flags: '-u, --username <name>',
    schema: optional(textField()),
    description: 'user name at the broker',
    group: 'Subscribe',
  },
  password: {
    flags: '-P, --password <password>',
    schema: optional(textField()),
    description: 'password at the broker',
    group: 'Subscribe',
    secret: true,
  },
  brokerCa: {
    flags: '--broker-ca <path>',
    schema: optional(textField()),
    description:
      'authorities (PEM) that may have signed the certificate of the broker; absent: those of Node.js',
    group: 'Subscribe',
    complete: 'file',
  },
  brokerCert: {
    flags: '--broker-cert <path>',
    schema: optional(textField()),
    description: 'client certificate (PEM) to show to the broker',
    group: 'Subscribe',
    complete: 'file',
  },
  brokerKey: {
    flags: '--broker-key <path>',
    schema: optional(textField()),
    description: 'private key (PEM) of --broker-cert',
    group: 'Subscribe',
    complete: 'file',
  },
  formatRule: {
    flags: '--format-rule <filter=format>',
    schema: withDefault(listField(textField(formatRuleProblem)), []),
    description: `Format of the payloads on topics that a filter matches, as in sensors/legacy/#=text. Repeatable, the first that matches counts. Without: by content type, else by what the payload looks like. Formats: ${formats.join(', ')}`,
    group: 'Decode',
    list: true,
  },
  maxPayload: {
    flags: '--max-payload <bytes>',
    schema: withDefault(bytesField({ min: 1, max: 64 * 1024 ** 2 }), 256 * 1024),
    shownDefault: '256K',
    description:
      'Largest payload taken; the first 16 KiB of a larger one go to the dead letters. A packet above four times this size ends its connection',
    group: 'Decode',
  },
  ...sinkOptions,
  topic: {
    flags: '--topic <template>',
    schema: withDefault(textField(topicTemplateProblem), defaultReadingTopic),
    description:
      'Topic of the readings. May hold levels of the MQTT topic, {1} to {9}, and {type} and {id} of the reading, as in readings-{2}',
    group: 'Forward',
  },
  deadLetterTopic: {
    flags: '--dead-letter-topic <topic>',
    schema: optional(
      textField((text) =>
        /^[A-Za-z0-9._-]{1,249}$/.test(text) && !/^\.{1,2}$/.test(text)
          ? undefined
          : 'is not a topic: 1 to 249 of A-Z a-z 0-9 . _ -',
      ),
    ),
    description: `Topic of what cannot be decoded. Absent: the topic of the readings with ${deadLetterSuffix} (${defaultReadingTopic}${deadLetterSuffix} with a template)`,
    group: 'Forward',
  },
  maxTopics: {
    flags: '--max-topics <n>',
    schema: withDefault(integerField({ min: 1, max: 100_000 }), 100),
    description: 'topics that a template may make; what would need more goes to the dead letters',
    group: 'Forward',
  },
  format: {
    flags: '--format <format>',
    schema: withDefault(choiceField(['as-received', ...formats]), 'as-received'),
    description: `Format of the records: as-received, or each reading written anew as ${formats.join(', ')}`,
    group: 'Forward',
    complete: ['as-received', ...formats],
  },
  ack: {
    flags: '--ack <policy>',
    schema: withDefault(choiceField(ackPolicies), 'kafka'),
    description:
      'When a device gets its PUBACK. kafka: once the record is safe at the sink; devices wait while the sink is away. receive: on arrival; what is pending when the gateway dies is lost',
    group: 'Acknowledge',
    complete: ackPolicies,
  },
  maxPending: {
    flags: '--max-pending <records>',
    schema: withDefault(integerField({ min: 1, max: 10_000_000 }), 20_000),
    description: 'records taken and not yet safe before devices are made to wait',
    group: 'Acknowledge',
  },
  maxPendingBytes: {
    flags: '--max-pending-bytes <bytes>',
    schema: withDefault(bytesField({ min: 1024 }), 32 * 1024 ** 2),
    shownDefault: '32M',
    description: 'the same in payload bytes',
    group: 'Acknowledge',
  },
  maxPendingPerConnection: {
    flags: '--max-pending-per-connection <records>',
    schema: withDefault(integerField({ min: 1, max: 10_000_000 }), 1_000),
    description: 'records of one connection before it is made to wait',
    group: 'Acknowledge',
  },
  stopTimeout: {
    flags: '--stop-timeout <duration>',
    schema: withDefault(durationField({ min: 0, max: 3_600_000 }), 10_000),
    shownDefault: '10s',
    description: 'how long pending records get to become safe when the gateway stops',
    group: 'Acknowledge',
  },
  http: {
    flags: '--http <[host:]port|off>',
    schema: withDefault(textField(httpAddressProblem), '127.0.0.1:9464'),
    description: 'Address of /livez, /readyz and /metrics',
    group: 'Observe',
  },
  logLevel: {
    flags: '--log-level <level>',
    schema: withDefault(choiceField(logLevels), 'info'),
    description: `How much is logged: ${logLevels.join(', ')}`,
    group: 'Observe',
    complete: logLevels,
  },
  logFormat: {
    flags: '--log-format <format>',
    schema: withDefault(choiceField(logFormats), 'auto'),
    description: 'Lines for people (text) or programs (json); auto: text on a terminal',
    group: 'Observe',
    complete: logFormats,
  },
  config: {
    flags: '--config <file>',
    schema: optional(textField()),
    description: 'settings by long flag name, YAML; flags and SENSORSIM_GATEWAY_… variables win over it',
    group: 'Settings',
    flagOnly: true,
    complete: 'file',
  },
  printConfig: {
    flags: '--print-config',
    schema: withDefault(switchField(), false),
    description: 'print the settings as they would be used, as such a file, then end',
    group: 'Settings',
    flagOnly: true,
  },
  json: {
    flags: '--json',
    schema: withDefault(switchField(), false),
    description: 'print the summary as one JSON object on standard output',
    group: 'Observe',
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

/** Contradictions between settings. @param sources where each came from; absent: unknown */
export function checkGatewayOptions(
  values: Partial<GatewayOptions>,
  sources?: Readonly<Record<keyof GatewayOptions, ConfigSource>>,
): string[] {
  const problems = [...kafkaProblems(values, sources), ...brokerProblems(values)];
  const schemes = (values.listen ?? []).map((url) => url.split(':', 1)[0]);
  const wantsTls = schemes.includes('mqtts') || schemes.includes('wss');
  if (wantsTls && (values.tlsCert === undefined || values.tlsKey === undefined)) {
    problems.push('--listen mqtts:// and wss:// need --tls-cert and --tls-key');
  }
  if (!wantsTls && (values.tlsCert ?? values.tlsKey ?? values.tlsCa) !== undefined) {
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
  const login = [values.kafkaSasl, values.kafkaUsername, values.kafkaPassword];
  if (login.some((setting) => setting !== undefined) && login.includes(undefined)) {
    problems.push('--kafka-sasl, --kafka-username and --kafka-password go together');
  }
  return problems;
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
