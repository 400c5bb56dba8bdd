import type { Clock, Codec, ConnectionEvent, SuiteError } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { LineRoom, LineSink } from '../record/line-sink.js';
import type { DeviceSpec } from '../schedule/fleet.js';
import { brokerAddresses } from './broker-address.js';
import { clientIdsOf, readTlsFiles } from './mqtt-settings.js';
import { NdjsonPublisher } from './ndjson-publisher.js';
import type { ConnectionCounts, FateListener, Publisher } from './publisher.js';

export interface PublisherSetup {
  readonly options: SensorOptions;
  readonly codec: Codec;
  readonly devices: readonly DeviceSpec[];
  /** Connections of the whole process, whichever thread they live in. */
  readonly connectionCount: number;
  /** Machine time. */
  readonly machine: Clock;
  readonly fates: FateListener;
  readonly counts: ConnectionCounts;
  readonly log: (line: string) => void;
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  readonly onFatal: (error: SuiteError) => void;
  /** Whatever `allowRemote` says, only hosts on this machine or a private network are connected to; default false. */
  readonly nearOnly?: boolean | undefined;
  readonly out?: (LineSink & LineRoom) | undefined;
}

/** The publisher that the settings ask for. MQTT.js takes a while to load, so it is loaded only where it is used. */
export async function makePublisher(setup: PublisherSetup): Promise<Publisher> {
  const { options, devices } = setup;
  if (setup.out !== undefined) {
    return new NdjsonPublisher({ ...setup, out: setup.out });
  }
  if (options.post !== undefined) {
    const { PostPublisher } = await import('./post-publisher.js');
    return new PostPublisher({ ...setup, url: new URL(options.post), form: options.postForm ?? 'pair' });
  }
  const { MqttPublisher } = await import('./mqtt-publisher.js');
  return new MqttPublisher({
    ...setup,
    addresses: brokerAddresses(options),
    tls: readTlsFiles(options, []),
    clientIds: clientIdsOf(options, devices),
  });
}
