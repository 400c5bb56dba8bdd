import { Sensor, type SensorOptions, sensorOptions, settingProblems } from 'sensorsim';
import { checkGatewayOptions, type GatewayOptions, gatewayOptions } from 'sensorsim-gateway';
import { FaultRunner, type FaultStage, faults, type PlayedFault } from 'sensorsim-lab';
import { loadConfig, RunFolderWriter, RunningClock, type SensorSummary } from 'sensorsim-shared';
import { expect } from 'vitest';

const clock = new RunningClock();

/** The gateway's settings, those of `flags` and its own defaults. */
export function gatewaySettings(flags: Partial<GatewayOptions>): GatewayOptions {
  return loadConfig({ table: gatewayOptions, prefix: 'TEST', env: {}, flags, check: checkGatewayOptions })
    .values;
}

/** Sensors that send until they are stopped, and write down what they claim. */
export class RecordedFleet {
  readonly #sensor: Sensor;
  readonly #recorder: RunFolderWriter;
  readonly #running: Promise<SensorSummary>;

  /** @param folder of the run; made */
  constructor(folder: string, flags: Partial<SensorOptions>) {
    const options = loadConfig({
      table: sensorOptions,
      prefix: 'TEST',
      env: {},
      flags,
      check: settingProblems,
    }).values;
    this.#recorder = new RunFolderWriter(folder);
    this.#sensor = new Sensor(options, { recorder: this.#recorder });
    this.#running = this.#sensor.run();
  }

  /** So far. */
  summary(): SensorSummary {
    return this.#sensor.summary();
  }

  /** Ends it, and its run folder. */
  async stop(): Promise<SensorSummary> {
    this.#sensor.stop();
    const summary = await this.#running;
    const { startAt } = this.#sensor;
    this.#recorder.finish(
      {
        runId: 'faults',
        tool: { name: 'test', version: '0' },
        seed: summary.seed,
        clock: 'wall',
        startAt,
        endAt: startAt + summary.durationMs,
        settings: {},
        counts: { ...summary.readings },
      },
      {},
    );
    return summary;
  }
}

export interface FaultPlay {
  readonly stage: FaultStage;
  /** Parameters by the fault's name; each begins a moment after the one before. */
  readonly faults: Readonly<Record<string, Record<string, unknown>>>;
  /** Done while all stand and have had an effect. */
  readonly meanwhile?: () => Promise<void>;
  readonly limitMs?: number;
}

/** Plays faults together, until each has had an effect and `meanwhile` is done; then until all has recovered. */
export async function playFaults(play: FaultPlay): Promise<readonly PlayedFault[]> {
  const { stage, meanwhile, limitMs = 10_000 } = play;
  const specs = Object.entries(play.faults).map(([fault, parameters], i) => ({
    id: `f${i + 1}`,
    fault,
    parameters,
    atMs: i * 100,
    forMs: 600_000,
  }));
  const runner = new FaultRunner({ specs, faults, stage, clock, startAt: clock.now(), durationMs: 600_000 });
  runner.start();
  try {
    await expect
      .poll(() => runner.intervals.filter(({ firstEffect }) => firstEffect !== null).length, {
        timeout: limitMs,
      })
      .toBe(specs.length);
    await meanwhile?.();
    await runner.stop();
    expect(await runner.recovered(2 * limitMs)).toBe(true);
  } finally {
    await runner.stop();
    runner.close();
  }
  expect(runner.problems).toEqual([]);
  for (const { interval, recoveryMs } of runner.played) {
    const times = [interval.onset, interval.firstEffect, interval.end, interval.recovered] as number[];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(recoveryMs).toBeGreaterThanOrEqual(0);
  }
  return runner.played;
}
