import {
  bytesField,
  choiceField,
  defineOptions,
  durationField,
  integerField,
  numberField,
  type OptionValues,
  optional,
  switchField,
  textField,
  withDefault,
} from 'sensorsim-shared';
import { z } from 'zod';
import { identityPatternProblem } from './identity-pattern.js';
import { firstLoginProblem } from './password/first-login.js';

/** A limit; `off` (as text, or as a file's false) and 0 are 0: there is none. */
function limit(field: z.ZodType<number>): z.ZodType<number> {
  return z.preprocess((raw) => (raw === 'off' || raw === false ? 0 : raw), field) as z.ZodType<number>;
}

const count = (most = 10_000_000): z.ZodType<number> => limit(integerField({ min: 0, max: most }));

/** From where a client may connect without a user name and without a certificate. */
export const anonymousPlaces = ['loopback', 'everywhere', 'never'] as const;

export type AnonymousPlace = (typeof anonymousPlaces)[number];

/** A bare `--allow-anonymous` means everywhere. */
const anonymousField = z.preprocess((raw) => {
  const text = String(raw).toLowerCase();
  if (raw === true || ['true', 'yes', 'on', '1'].includes(text)) {
    return 'everywhere';
  }
  return raw === false || ['false', 'no', 'off', '0'].includes(text) ? 'never' : raw;
}, choiceField(anonymousPlaces)) as z.ZodType<AnonymousPlace>;

export const certificateUsers = ['cn', 'san', 'off'] as const;
export const certificateDemands = ['require', 'accept'] as const;
export const takeoverPolicies = ['same-user', 'allow', 'same-address', 'refuse'] as const;
export const deviceBindings = ['off', 'refuse', 'mark'] as const;

/** Who may connect, and what for. */
export const accessOptions = defineOptions({
  passwords: {
    flags: '--passwords <path>',
    schema: optional(textField()),
    description:
      'Users and their password hashes, one a line, as `sensorsim-gateway passwd` writes them. Absent: user names are not checked, and count for nothing',
    group: 'Access',
    complete: 'file',
  },
  firstLogin: {
    flags: '--first-login <off|log|path>',
    // A bare off in a file of YAML 1.1 is false.
    schema: withDefault(
      z.preprocess((raw) => (raw === false ? 'off' : raw), textField(firstLoginProblem)),
      'off',
    ),
    description:
      'where the file of --passwords is not there, make it, with the user sensor and a password of chance, which is said once in the log, or written to this path for the sensors to read; a file that is there is never changed',
    group: 'Access',
    complete: 'file',
  },
  acl: {
    flags: '--acl <path>',
    schema: optional(textField()),
    description:
      'who may publish and subscribe to which topics: lines of user, topic and pattern, as in mosquitto. With a file, what no line allows is refused',
    group: 'Access',
    complete: 'file',
  },
  allowAnonymous: {
    flags: '--allow-anonymous [where]',
    schema: withDefault(anonymousField, 'loopback'),
    description:
      'from where clients may connect without user and certificate: loopback, everywhere (the flag alone), never',
    group: 'Access',
    complete: anonymousPlaces,
  },
  tlsClientCert: {
    flags: '--tls-client-cert <demand>',
    schema: withDefault(choiceField(certificateDemands), 'require'),
    description:
      'with --tls-ca: require a certificate of every client, or accept clients without one, who then need a user name',
    group: 'Access',
    complete: certificateDemands,
  },
  tlsUser: {
    flags: '--tls-user <field>',
    schema: withDefault(choiceField(certificateUsers), 'cn'),
    description:
      "user of a client that shows a certificate: its subject's common name (cn), its first DNS, e-mail or URI name (san); off: the certificate opens the connection, and the user name counts",
    group: 'Access',
    complete: certificateUsers,
  },
  tlsCrl: {
    flags: '--tls-crl <path>',
    schema: optional(textField()),
    description: 'revocation lists (PEM) of the authorities in --tls-ca',
    group: 'Access',
    complete: 'file',
  },
  bindClientId: {
    flags: '--bind-client-id <pattern|off>',
    schema: withDefault(textField(identityPatternProblem(['%u'])), 'off'),
    description:
      'what a client id must look like: %u is the user, * anything; %u alone: client id and user are one, %u-*: it begins with the user',
    group: 'Access',
  },
  bindDevice: {
    flags: '--bind-device <policy>',
    schema: withDefault(choiceField(deviceBindings), 'off'),
    description:
      "What becomes of a reading whose device id is not its client's. refuse: a dead letter (GUARD_DEVICE_MISMATCH); mark: a header guard-mark",
    group: 'Access',
    complete: deviceBindings,
  },
  bindDeviceTo: {
    flags: '--bind-device-to <pattern>',
    schema: withDefault(textField(identityPatternProblem(['%c', '%u'])), '%c'),
    description:
      'the device ids of a client, for --bind-device: %c is its client id, %u its user, * anything, as in %u-*',
    group: 'Access',
  },
  takeover: {
    flags: '--takeover <policy>',
    schema: withDefault(choiceField(takeoverPolicies), 'same-user'),
    description:
      'who may connect with the id of a client that is connected, and so end its connection: the same-user, everybody (allow), the same user from the same-address, nobody (refuse)',
    group: 'Access',
    complete: takeoverPolicies,
  },
});

/** How much of it. 0 or off: no limit. */
export const limitOptions = defineOptions({
  maxConnections: {
    flags: '--max-connections <n|off>',
    schema: withDefault(count(), 20_000),
    description:
      'Open connections in all; where they are used up, the oldest that has not logged in makes room. 0 or off, here and below: no limit',
    group: 'Limits',
  },
  maxConnectionsPerAddress: {
    flags: '--max-connections-per-address <n|off>',
    schema: withDefault(count(), 0),
    shownDefault: 'off',
    description: 'the same of one address (IPv6: of one /64)',
    group: 'Limits',
  },
  maxConnectionsPerUser: {
    flags: '--max-connections-per-user <n|off>',
    schema: withDefault(count(), 0),
    shownDefault: 'off',
    description: 'the same of one user',
    group: 'Limits',
  },
  connectRate: {
    flags: '--connect-rate <n|off>',
    schema: withDefault(limit(numberField({ min: 0, max: 1_000_000 })), 0),
    shownDefault: 'off',
    description: 'new connections a second of one address (IPv6: of one /64)',
    group: 'Limits',
  },
  connectTimeout: {
    flags: '--connect-timeout <duration|off>',
    schema: withDefault(limit(durationField({ min: 0, max: 3_600_000 })), 10_000),
    shownDefault: '10s',
    description: 'how long a connection may take to log in: TLS and WebSocket handshake, CONNECT, password',
    group: 'Limits',
  },
  maxLoginBytes: {
    flags: '--max-login-bytes <bytes|off>',
    schema: withDefault(limit(bytesField({ min: 0 })), 64 * 1024 ** 2),
    shownDefault: '64M',
    description:
      'bytes that all connections together may have sent that have not logged in; beyond it those that sent most are ended',
    group: 'Limits',
  },
  publishRate: {
    flags: '--publish-rate <n|off>',
    schema: withDefault(limit(numberField({ min: 0, max: 10_000_000 })), 0),
    shownDefault: 'off',
    description:
      "messages a second of one client, after a burst of a second's worth; what is faster waits in its socket",
    group: 'Limits',
  },
  publishBytes: {
    flags: '--publish-bytes <bytes|off>',
    schema: withDefault(limit(bytesField({ min: 0 })), 0),
    shownDefault: 'off',
    description: 'the same in payload bytes a second',
    group: 'Limits',
  },
  maxTopicLevels: {
    flags: '--max-topic-levels <n|off>',
    schema: withDefault(count(100), 32),
    description: 'levels of a topic or topic filter; the broker itself takes no more than 100',
    group: 'Limits',
  },
  maxTopicLength: {
    flags: '--max-topic-length <n|off>',
    schema: withDefault(count(65_535), 1_024),
    description: 'characters of a topic or topic filter',
    group: 'Limits',
  },
  maxTopicsPerClient: {
    flags: '--max-topics-per-client <n|off>',
    schema: withDefault(count(1_000_000), 0),
    shownDefault: 'off',
    description: 'different topics that one connection may publish to',
    group: 'Limits',
  },
  maxSubscriptions: {
    flags: '--max-subscriptions <n|off>',
    schema: withDefault(count(1_000_000), 1_000),
    description: 'topic filters that one client may be subscribed to',
    group: 'Limits',
  },
  maxWildcards: {
    flags: '--max-wildcards <n|off>',
    schema: withDefault(count(100), 8),
    description: 'wildcards in one topic filter',
    group: 'Limits',
  },
  maxInflight: {
    flags: '--max-inflight <n|off>',
    schema: withDefault(count(65_535), 1_000),
    description: 'QoS 2 messages that one client may have open, from PUBLISH to PUBREL',
    group: 'Limits',
  },
  minKeepAlive: {
    flags: '--min-keep-alive <duration|off>',
    schema: withDefault(limit(durationField({ min: 0, max: 65_535_000 })), 0),
    shownDefault: 'off',
    description: 'shortest keep-alive that a client may ask for',
    group: 'Limits',
  },
  maxKeepAlive: {
    flags: '--max-keep-alive <duration|off>',
    schema: withDefault(limit(durationField({ min: 0, max: 65_535_000 })), 0),
    shownDefault: 'off',
    description: 'longest; with it, a keep-alive of 0 (never) is refused too',
    group: 'Limits',
  },
  maxWill: {
    flags: '--max-will <bytes|off>',
    schema: withDefault(limit(bytesField({ min: 0, max: 65_535 })), 0),
    shownDefault: 'off',
    description: 'payload of a last will',
    group: 'Limits',
  },
  refuseWills: {
    flags: '--refuse-wills',
    schema: withDefault(switchField(), false),
    description: 'take no clients with a last will',
    group: 'Limits',
  },
  banAfter: {
    flags: '--ban-after <n|off>',
    schema: withDefault(count(1_000_000), 0),
    shownDefault: 'off',
    description:
      'connections of one client id within --ban-window after which it is turned away for --ban-time',
    group: 'Limits',
  },
  banAddressAfter: {
    flags: '--ban-address-after <n|off>',
    schema: withDefault(count(1_000_000), 0),
    shownDefault: 'off',
    description:
      'refused connections and logins of one address (IPv6: of one /64) within --ban-window after which it is turned away for --ban-time. Devices behind one router share an address',
    group: 'Limits',
  },
  banWindow: {
    flags: '--ban-window <duration>',
    schema: withDefault(durationField({ min: 1_000, max: 86_400_000 }), 60_000),
    shownDefault: '1m',
    description: 'within which time is counted for a ban',
    group: 'Limits',
  },
  banTime: {
    flags: '--ban-time <duration>',
    schema: withDefault(durationField({ min: 1_000, max: 30 * 86_400_000 }), 600_000),
    shownDefault: '10m',
    description: 'how long a ban lasts',
    group: 'Limits',
  },
});

/** The guard's settings. */
export const guardOptions = defineOptions({ ...accessOptions, ...limitOptions });

export type GuardOptions = OptionValues<typeof guardOptions>;
