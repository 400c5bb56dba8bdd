import type { SensorSnapshot } from 'sensorsim';
import type { GatewaySnapshot } from 'sensorsim-gateway';
import { RunningClock } from 'sensorsim-shared';
import type { LiveView } from '../observe/live-view.js';
import { LabWatch } from '../observe/watch-lab.js';
import { count, position } from '../print/figure.js';
import { explainScenario } from '../scenario/explain-scenario.js';
import { ActChanges } from './act-changes.js';
import { type Fleet, fleetsOf } from './fleet.js';
import type { Playing } from './play-scenario.js';
import { loadOf } from './whole-load.js';

/** Time between two looks, machine ms. */
const lookMs = 250;
/** Time between two lines of progress, machine ms. */
const progressMs = 5_000;

/**
 * Draws a run four times a second: rates, latency, the gateway's health, and the timeline of attacks and faults.
 * @returns what begins it for a run; that returns what ends it
 */
export function viewRun(view: LiveView): (playing: Playing) => () => void {
  return (playing) => {
    const { scenario, groups, stage, clock, startAt, faults } = playing;
    const fleets = fleetsOf(groups);
    const { acts, devices } = explainScenario(scenario);
    const watch = new LabWatch({
      runId: titleOf(playing),
      devices,
      durationMs: scenario.durationMs,
      sensor: { snapshot: () => wholeSnapshot(playing, fleets) },
      gateway: { snapshot: () => gatewaySnapshot(playing) },
      tail: undefined,
      places: [],
      clock: new RunningClock(),
    });
    const changes = new ActChanges(acts);
    view.start();
    const draw = (): void => {
      const atMs = Math.max(0, clock.now() - startAt);
      for (const change of changes.look(atMs, faults.played)) {
        view.print(`${position(atMs)}  ${change}\n`);
      }
      view.draw({
        ...watch.look(),
        // What waits in a spool, or in a gateway that was killed, is not lost.
        lost: undefined,
        elapsedMs: Math.min(atMs, scenario.durationMs),
        timeline: { acts, durationMs: scenario.durationMs, atMs },
        health: healthOf(stage.host),
        foot: 'q ends the run early, with what is known',
      });
    };
    draw();
    const timer = setInterval(draw, lookMs);
    return () => {
      clearInterval(timer);
      view.stop();
    };
  };
}

/** The scenario, and where it is played where that is not this machine. */
function titleOf({ scenario, deployment: { facts } }: Playing): string {
  return facts.on === 'compose' ? `${scenario.name} on ${facts.project} (compose)` : scenario.name;
}

/**
 * Tells a run in lines: when attacks and faults begin and end, and every few seconds how far it is.
 * @param say takes a line, without its end
 */
export function tellRun(say: (line: string) => void): (playing: Playing) => () => void {
  return ({ scenario, groups, stage, clock, startAt, faults }) => {
    const fleets = fleetsOf(groups);
    const changes = new ActChanges(explainScenario(scenario).acts);
    let looks = 0;
    const look = (): void => {
      const atMs = Math.max(0, clock.now() - startAt);
      for (const change of changes.look(atMs, faults.played)) {
        say(`  ${position(atMs)}  ${change}`);
      }
      looks++;
      if (looks % (progressMs / lookMs) === 0) {
        const { published, acknowledged, skipped, failed } = loadOf(fleets).readings;
        const health = healthOf(stage.host);
        say(
          `  ${position(Math.min(atMs, scenario.durationMs))} of ${position(scenario.durationMs)}  ${count(published)} sent, ${count(acknowledged)} acknowledged, ` +
            `${count(skipped)} skipped, ${count(failed)} failed${health === undefined ? '' : `; gateway ${health}`}`,
        );
      }
    };
    const timer = setInterval(look, lookMs);
    return () => {
      clearInterval(timer);
      look();
    };
  };
}

/** What the gateway does at present, in a word or two; undefined: it is elsewhere. */
function healthOf(host: Playing['stage']['host']): string | undefined {
  if (host === undefined) {
    return undefined;
  }
  if (host.isPaused) {
    return 'paused';
  }
  const snapshot = host.isUp ? host.status()?.snapshot : undefined;
  if (snapshot === undefined) {
    return 'down';
  }
  const inSpool = snapshot.spool?.records ?? 0;
  return (
    snapshot.notReady ?? (inSpool > 0 ? `${snapshot.spool?.mode}, ${count(inSpool)} in the spool` : 'ready')
  );
}

/** Several fleets as one. */
function wholeSnapshot({ tallies }: Playing, fleets: readonly Fleet[]): SensorSnapshot {
  const snapshots = fleets.map((fleet) => fleet.snapshot());
  const { readings, connections, reasons, latenessMs } = loadOf(fleets);
  return {
    readings,
    connections,
    reasons,
    latenessMs,
    latencyMs: tallies.latencyMs,
    inFlight: snapshots.reduce((sum, { inFlight }) => sum + inFlight, 0),
    rateHz: snapshots.reduce((sum, { rateHz }) => sum + rateHz, 0),
    last: snapshots.flatMap(({ last }) => last),
  };
}

/** The counts of all lives of the gateway; of one that is elsewhere, what the sensors know of it. */
function gatewaySnapshot({ stage: { host }, groups }: Playing): GatewaySnapshot {
  const { acknowledged } = loadOf(fleetsOf(groups)).readings;
  const unknown = { received: acknowledged, acknowledged, forwarded: acknowledged, deadLettered: 0 };
  const snapshot = host?.status()?.snapshot;
  return {
    dropped: {},
    refused: {},
    latencyMs: null,
    ...(host?.summary() ?? unknown),
    connections: snapshot?.connections ?? 0,
    connectionsByProtocol: snapshot?.connectionsByProtocol ?? {},
    paused: snapshot?.paused ?? 0,
    pendingRecords: snapshot?.pendingRecords ?? 0,
    pendingBytes: snapshot?.pendingBytes ?? 0,
    remembered: undefined,
    spool: snapshot?.spool,
    notReady: snapshot?.notReady,
  };
}
