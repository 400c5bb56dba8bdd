import { join, resolve } from 'node:path';
import { Sensor } from 'sensorsim';
import { Gateway, type Logger } from 'sensorsim-gateway';
import { RunFolderWriter, SuiteError } from 'sensorsim-shared';
import { fleetOptions } from './fleet-options.js';
import { firstFreePort } from './free-port.js';
import { gatewaySettings } from './gateway-settings.js';
import { host } from './host.js';
import { type RunDirectory, removeIfEmpty, topicFolder } from './run-directory.js';
import type { UpOptions } from './up-options.js';

/** How often a port that was free a moment ago may be gone when the gateway wants it. */
const portRaces = 20;

/** What a lab is made of, once it runs. */
export interface Lab {
  readonly run: RunDirectory;
  readonly gateway: Gateway;
  readonly sensor: Sensor;
  readonly recorder: RunFolderWriter;
  readonly mqttPort: number;
  readonly httpPort: number;
  /** Where records go, for people. */
  readonly topicName: string;
  /** Folder of the embedded topic, as the user would name it; undefined with a real Kafka. */
  readonly topicDirectory: string | undefined;
}

export interface ComposeLabInput {
  readonly options: UpOptions;
  readonly run: RunDirectory;
  readonly cwd: string;
  readonly log: Logger;
  /** A line for people from the sensors. */
  readonly say: (line: string) => void;
}

/**
 * Starts the gateway with its broker and topic, on the next free ports where the wanted ones are in use, and makes the
 * sensors, which do not run yet.
 * @throws {SuiteError} what gateway, sensors and ports throw
 */
export async function composeLab(input: ComposeLabInput): Promise<Lab> {
  const { options, run, cwd } = input;
  const directory = resolve(cwd, run.path);
  const { gateway, mqttPort, httpPort } = await startGateway(input, directory).catch((error: unknown) => {
    removeIfEmpty(directory);
    throw error;
  });
  try {
    const recorder = new RunFolderWriter(directory);
    const sensor = new Sensor(fleetOptions(options, mqttPort), { log: input.say, recorder });
    const { kafka } = options;
    const topicName = kafka === undefined ? 'topic' : `Kafka ${kafka.join(', ')}`;
    const topicDirectory = kafka === undefined ? join(run.path, topicFolder) : undefined;
    return { run, gateway, sensor, recorder, mqttPort, httpPort, topicName, topicDirectory };
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}

interface StartedGateway {
  readonly gateway: Gateway;
  readonly mqttPort: number;
  readonly httpPort: number;
}

async function startGateway(
  { options, run, log }: ComposeLabInput,
  directory: string,
): Promise<StartedGateway> {
  for (let race = 1; ; race++) {
    const mqttPort = await firstFreePort(host, options.port);
    const httpPort = await firstFreePort(host, options.http, [mqttPort]);
    const { runId } = run;
    const gateway = new Gateway(gatewaySettings({ options, runId, directory, mqttPort, httpPort }), { log });
    try {
      await gateway.start();
      return { gateway, mqttPort, httpPort };
    } catch (error) {
      // Another lab took the port in between: look again.
      if (!(error instanceof SuiteError && error.code === 'GATEWAY_PORT_IN_USE' && race < portRaces)) {
        throw error;
      }
    }
  }
}
