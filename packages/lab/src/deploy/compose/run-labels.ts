import { hostname } from 'node:os';
import { processLives } from 'sensorsim-shared';
import type { ContainerListing, DockerEngine } from '../../docker/index.js';

/** What every container of a run bears. */
export const runLabel = 'sensorsim.run';
/** The lab that made it: its machine and process. */
const labLabel = 'sensorsim.lab';

/** Labels of what a run makes. */
export function labelsOf(runId: string): Record<string, string> {
  return { [runLabel]: runId, [labLabel]: `${hostname()}/${process.pid}` };
}

/**
 * Removes what labs left behind that died together with what watched over them, as when a machine loses its power. What a lab on another
 * machine made is only told of: whether that lab lives cannot be seen from here.
 */
export async function removeLeftovers(engine: DockerEngine, say: (line: string) => void): Promise<void> {
  const byRun = new Map<string, ContainerListing[]>();
  for (const container of await engine.list(runLabel)) {
    const run = container.Labels[runLabel] as string;
    byRun.set(run, [...(byRun.get(run) ?? []), container]);
  }
  for (const [run, containers] of byRun) {
    const [host, pid] = (containers[0]?.Labels[labLabel] ?? '/').split('/');
    const names = containers.map(({ Names }) => Names[0]?.replace(/^\//, '')).join(', ');
    if (host !== hostname()) {
      say(`the run ${run} of a lab on ${host} is on this engine too, or was left there: ${names}`);
    } else if (!processLives(Number(pid))) {
      await Promise.all(containers.map(({ Id }) => engine.remove(Id)));
      say(`removed what the run ${run} left behind, whose lab died: ${names}`);
    }
  }
}
