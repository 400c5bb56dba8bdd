import {
  defineOptions,
  durationField,
  integerField,
  listField,
  optional,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { topicFilterProblem } from '../decode/topic-filter.js';
import { parseListenAddress } from './listen-address.js';

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

/** Where messages come from. */
export const receiveOptions = defineOptions({
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
});
