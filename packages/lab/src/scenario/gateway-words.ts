import { checkGatewayOptions, gatewayOptions } from 'sensorsim-gateway';
import type { GatewayWords } from 'sensorsim-shared';

const ports = 'the lab gives its gateway ports that are free';
const places = 'the lab keeps it in the folder of the run';
const topic = 'where the topic is, is said when the scenario is run: --kafka, else a topic on disk';
const logs = 'the lab reads the log of its gateway and shows it';

/** The gateway's settings as scenarios may give them, and those that are the lab's. */
export const gatewayWords: GatewayWords = {
  options: gatewayOptions,
  managed: {
    listen: ports,
    http: ports,
    gatewayId: 'the lab names its gateway after the run',
    firstLogin: 'users of a scenario stand in its file of --passwords',
    subscribe: 'the gateway of a lab is the broker of its sensors',
    to: topic,
    kafka: topic,
    kafkaTls: topic,
    kafkaCa: topic,
    kafkaCert: topic,
    kafkaKey: topic,
    kafkaSasl: topic,
    kafkaUsername: topic,
    kafkaPassword: topic,
    topic: 'the lab looks for the readings in a topic of its own choice',
    deadLetterTopic: 'the lab looks for dead letters beside the readings',
    spool: places,
    state: places,
    logLevel: logs,
    logFormat: logs,
    json: logs,
  },
  // Contradictions with the lab's own settings (its address, its topic) show when the gateway is made.
  check: (values) => checkGatewayOptions(values as Parameters<typeof checkGatewayOptions>[0]),
};
