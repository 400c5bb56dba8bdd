import { formatDuration, type Scenario } from 'sensorsim-shared';

/** Faults that act on containers and networks from outside, as an engine can. */
const playable: ReadonlySet<string> = new Set([
  'gateway.kill',
  'gateway.restart',
  'gateway.pause',
  'kafka.away',
  'kafka.hang',
  'link.cut',
  'link.hang',
]);

const instead: Readonly<Record<string, string>> = {
  'link.slow': 'no engine can slow a network down',
  'link.reset': 'no engine can break single connections; link.cut takes the whole network away',
  'kafka.slow': 'no engine can slow a network down; kafka.hang lets Kafka stand still',
  'disk.full': 'it fails the writes of a gateway from inside, and this one is an image as it is',
  'clock.jump': 'it moves the clock of a gateway from inside, and containers have the clock of their host',
};

/** Everything in a scenario that containers cannot play, in words; empty: they can play it. */
export function containerProblems(scenario: Scenario): string[] {
  const { faults, gateway, name } = scenario;
  const problems = faults.flatMap(({ id, fault, parameters, atMs }) => {
    const at = `${name}: ${id} (${fault} at ${formatDuration(atMs)})`;
    if (!playable.has(fault)) {
      const why = instead[fault] ?? 'there is no such fault on containers';
      return [`${at} cannot be played on containers: ${why}. Without --on compose it can`];
    }
    const { direction = 'both' } = parameters;
    return fault === 'link.hang' && direction !== 'both'
      ? [
          `${at} cannot be played on containers with direction ${direction}: a network is there or away, both ways`,
        ]
      : [];
  });
  if (gateway.address !== undefined) {
    problems.push(
      `${name}: gateway.address names a gateway that runs; --on compose makes one of the project's image`,
    );
  }
  return problems;
}
