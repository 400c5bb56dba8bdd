import { type FaultSpec, formatDuration, type Scenario } from 'sensorsim-shared';
import { faultByName } from '../../fault/index.js';

/** Everything in a scenario that containers cannot play, in words; empty: they can play it. */
export function containerProblems({ faults, gateway, name }: Scenario): string[] {
  const problems = faults.flatMap((spec) => {
    const why = whyNot(spec);
    const { id, fault, atMs } = spec;
    return why === undefined
      ? []
      : [`${name}: ${id} (${fault} at ${formatDuration(atMs)}) cannot be played on containers: ${why}`];
  });
  if (gateway.address !== undefined) {
    problems.push(
      `${name}: gateway.address names a gateway that runs; --on compose makes one of the image of the project`,
    );
  }
  return problems;
}

/** Undefined: it can be played. */
function whyNot({ fault, parameters }: FaultSpec): string | undefined {
  const onContainers = faultByName(fault)?.onContainers ?? { cannot: 'there is no such fault' };
  if ('cannot' in onContainers) {
    return `${onContainers.cannot}. In processes of this machine it can: leave out --on compose`;
  }
  const { direction = 'both' } = parameters;
  return fault === 'link.hang' && direction !== 'both'
    ? `a network is there or away, both ways at once, and direction is ${direction}`
    : undefined;
}
