import { Sensor } from 'sensorsim';
import type { Deployment } from './deployment.js';
import { openStage } from './run-stage.js';

/** This machine: the gateway in a process of its own, the sensors in that of the lab. */
export const localDeployment: Deployment = {
  place: undefined,
  facts: { on: 'local' },
  problemsOf: () => [],
  fleetsPerGroup: 1,
  openStage,
  makeFleets: ({ options }, deps) => [new Sensor(options, deps)],
};
