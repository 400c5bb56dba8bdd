import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import type { ContainerListing, DockerEngine } from '../../docker/index.js';
import { labelsOf, removeLeftovers } from './run-labels.js';

const container = (id: string, labels: Readonly<Record<string, string>>): ContainerListing =>
  ({ Id: id, Names: [`/${id}`], Labels: labels }) as unknown as ContainerListing;

it('removes what labs of this machine left that have ended, and nothing of others', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const of = (run: string, lab: string): Record<string, string> => ({
    ...labelsOf(run),
    'sensorsim.lab': lab,
  });
  const there = [
    container('living', labelsOf('living')),
    container('ended-1', of('ended', `${hostname()}/${pid}`)),
    container('ended-2', of('ended', `${hostname()}/${pid}`)),
    container('far', of('far', `elsewhere/${pid}`)),
  ];
  const removed: string[] = [];
  const said: string[] = [];
  const engine = {
    list: async () => there,
    remove: async (id: string) => {
      removed.push(id);
    },
  } as unknown as DockerEngine;
  await removeLeftovers(engine, (line) => said.push(line));
  expect(removed).toEqual(['ended-1', 'ended-2']);
  expect(said).toEqual([
    'removed what the run ended left behind, whose lab died: ended-1, ended-2',
    'the run far of a lab on elsewhere is on this engine too, or was left there: far',
  ]);
});
