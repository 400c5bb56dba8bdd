import type { JudgedExpectation } from '../judge/judge.js';
import type { RunResult } from '../run/run-result.js';

export const passed: JudgedExpectation = {
  metric: 'delivery.lost',
  comparison: '=',
  bound: 0,
  value: 0,
  pass: true,
  margin: 0,
  unit: 'number',
  text: 'delivery.lost = 0',
};

export const failed: JudgedExpectation = {
  metric: 'delivery.latencyMs.p99',
  comparison: '<=',
  bound: 200,
  value: 1_500,
  pass: false,
  margin: -1_300,
  unit: 'ms',
  text: 'delivery.latencyMs.p99 <= 200ms',
  scope: 'during flood',
};

export const unmeasured: JudgedExpectation = {
  metric: 'recovery.crash',
  comparison: '<',
  bound: 1_000,
  value: null,
  pass: false,
  margin: null,
  unit: 'ms',
  text: 'recovery.crash < 1s',
  problem: 'no such fault was over within the run',
};

const readings = { offered: 100, published: 99, acknowledged: 98, late: 0, skipped: 1, failed: 0 };

/** What a run could have come to. */
export function resultOf(over: Partial<RunResult> = {}): RunResult {
  return {
    scenario: 'flood',
    claim: 'Others keep their latency.',
    verdict: 'pass',
    expectations: [passed],
    file: 'scenarios/flood.yaml',
    seed: '1',
    cell: {},
    runId: '20261124-064300',
    deployment: { on: 'local' },
    directory: 'runs/20261124-064300',
    interrupted: false,
    problems: [],
    sensors: {
      seed: '1',
      durationMs: 10_000,
      readings,
      rateHz: { offered: 10, achieved: 9.9 },
      latencyMs: { p50: 2, p90: 4, p99: 9, p999: 20, max: 31 },
      latenessMs: null,
      connections: { opened: 5, failed: 0, lost: 0, reconnected: 0 },
      groups: {},
    },
    gateway: null,
    audit: {
      offered: 100,
      acknowledged: 98,
      published: 0,
      skipped: 1,
      failed: 0,
      suppressed: 0,
      found: 98,
      lost: 0,
      duplicated: 0,
      duplicatedUnmarked: 0,
      reordered: 0,
      deadLettered: 0,
    },
    trace: { arrivals: 98, traced: 98, status: 0, untraced: 0, foreign: 0 },
    deadLetters: {},
    attacks: [],
    faults: [],
    intervals: [],
    ...over,
  };
}
