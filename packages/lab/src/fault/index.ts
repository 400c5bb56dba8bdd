import { clockJump } from './clock/clock-jump.js';
import { diskFull } from './disk/disk-full.js';
import type { Fault } from './fault.js';
import { gatewayKill } from './gateway/gateway-kill.js';
import { gatewayPause } from './gateway/gateway-pause.js';
import { gatewayRestart } from './gateway/gateway-restart.js';
import { kafkaAway } from './kafka/kafka-away.js';
import { kafkaHang } from './kafka/kafka-hang.js';
import { kafkaSlow } from './kafka/kafka-slow.js';
import { linkCut } from './link/link-cut.js';
import { linkHang } from './link/link-hang.js';
import { linkReset } from './link/link-reset.js';
import { linkSlow } from './link/link-slow.js';

export type { Fault, FaultContext, FaultMark, FaultNeed, FaultObject, FaultStage } from './fault.js';
export { type FaultProblem, type FaultSituation, faultProblems } from './fault-problems.js';
export { FaultRunner, type FaultRunnerOptions, type PlayedFault } from './fault-runner.js';
export { type Held, Link, type LinkQuality } from './link/link.js';
export type { LinkControl } from './link/link-control.js';

/** Every fault of the deployment. One more is a file here and a line below. */
export const faults: readonly Fault[] = [
  gatewayKill,
  gatewayRestart,
  gatewayPause,
  kafkaAway,
  kafkaHang,
  kafkaSlow,
  linkCut,
  linkHang,
  linkSlow,
  linkReset,
  diskFull,
  clockJump,
];

/** By name; undefined: there is none. */
export function faultByName(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}

/** Which relays a run must put in between for its faults; both cost a little of the processor. */
export function relaysFor(specs: readonly { readonly fault: string }[]): {
  readonly link: boolean;
  readonly kafka: boolean;
} {
  const used = specs.flatMap(({ fault }) => faultByName(fault) ?? []);
  return {
    link: used.some(({ needs }) => needs.includes('link')),
    kafka: used.some(({ object }) => object === 'topic' || object === 'speed of the topic'),
  };
}
