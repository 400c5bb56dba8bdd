import type { IClientOptions, IClientPublishOptions } from 'mqtt';
import { type Codec, compileNameTemplate } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { DeviceSpec } from '../schedule/fleet.js';
import type { BrokerAddress } from './broker-address.js';
import { connectionNames, fromPercent, protocolLevel } from './mqtt-settings.js';

export interface ClientOptionsInput {
  readonly options: SensorOptions;
  /** From the URLs; those of the options win over them. */
  readonly credentials: Pick<BrokerAddress, 'username' | 'password'>;
  readonly clientId: string;
  /** The first device that uses the connection: its names stand in the templates. */
  readonly device: DeviceSpec;
}

/** What MQTT.js is to know of one connection, whatever carries it, and the topic of its status where it has one. */
export function clientOptions(input: ClientOptionsInput): {
  client: IClientOptions;
  statusTopic: string | undefined;
} {
  const { options, credentials, clientId, device } = input;
  const names = { client: clientId, id: device.id, i: String(device.index + 1) };
  const user = options.username ?? credentials.username;
  const username =
    user === undefined ? undefined : compileNameTemplate(user, connectionNames)({ ...names, user: '' });
  const fill = (template: string): string =>
    compileNameTemplate(fromPercent(template), connectionNames)({ ...names, user: username ?? '' });
  const password = options.password ?? credentials.password;
  const statusTopic = options.statusTopic === undefined ? undefined : fill(options.statusTopic);
  const will = willOf(options, statusTopic, fill);
  const client: IClientOptions = {
    protocolVersion: protocolLevel(options.mqttVersion),
    keepalive: options.keepalive,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(will !== undefined && { will }),
  };
  return { client, statusTopic };
}

/** What every reading is published with. */
export function publishOptions(options: SensorOptions, codec: Codec): IClientPublishOptions {
  const base = { qos: options.qos as 0 | 1 | 2, retain: options.retain };
  if (protocolLevel(options.mqttVersion) !== 5) {
    return base;
  }
  const userProperties: Record<string, string[]> = {};
  for (const pair of options.userProperty) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    userProperties[key] = [...(userProperties[key] ?? []), pair.slice(at + 1)];
  }
  return {
    ...base,
    properties: {
      contentType: codec.contentType,
      ...(options.userProperty.length > 0 && { userProperties }),
      ...(options.messageExpiry !== undefined && {
        messageExpiryInterval: Math.ceil(options.messageExpiry / 1_000),
      }),
    },
  };
}

/** The last will of a connection. */
export interface LastWill {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

type WillOptions = Pick<SensorOptions, 'willTopic' | 'willPayload' | 'willQos' | 'willRetain'>;

/** The will of a connection: of its status where it has a topic for that, else as the settings say. @param fill puts its names into a template */
export function willOf(
  options: WillOptions,
  statusTopic: string | undefined,
  fill: (template: string) => string,
): LastWill | undefined {
  if (statusTopic !== undefined) {
    return { topic: statusTopic, payload: Buffer.from('offline'), qos: 1, retain: true };
  }
  if (options.willTopic === undefined) {
    return undefined;
  }
  return {
    topic: fill(options.willTopic),
    payload: Buffer.from(options.willPayload ?? ''),
    qos: (options.willQos ?? 0) as 0 | 1 | 2,
    retain: options.willRetain,
  };
}
