import type { AttackSpec, Interval, PlainError, SensorSummary } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { SensorSnapshot } from '../report/totals.js';
import type { ClockOffset } from './clock-offset.js';

/** Version of what a lab and a fleet in another process say to one another. Both ends have to have the same. */
export const fleetProtocol = 1;

/** The longest line that a fleet reads: the targets of a large fleet's attacks, by name. */
export const longestTaskBytes = 32 * 1024 * 1024;

/** How often each end is heard at least, machine ms. */
export const signOfLifeMs = 5_000;

/** Without a word for this long, the other end is taken for lost, machine ms. */
export const silenceMs = 60_000;

/** What a fleet is to play. */
export interface FleetTask {
  readonly kind: 'task';
  readonly protocol: number;
  /** Settings of all fleets of the run, in one order for all. */
  readonly fleets: readonly SensorOptions[];
  /** Which of them is to be played. */
  readonly own: number;
  readonly attacks: readonly AttackSpec[];
  /** How long what is under way may take when the run ends, machine ms. */
  readonly closeTimeoutMs: number;
  /** Time between two reports, machine ms. */
  readonly reportMs: number;
}

/** Lab to fleet: a line of JSON each, on the fleet's standard input. Its end says that the lab is gone. */
export type ToFleet =
  | FleetTask
  /** Answers `time`: the lab's machine time, ms since the epoch. */
  | { readonly kind: 'time'; readonly number: number; readonly at: number }
  /** Answers `ready`. Both in ms since the epoch: device time, and the lab's machine time then. */
  | { readonly kind: 'begin'; readonly startAt: number; readonly machineStartAt: number }
  /** No further reading is made; what is under way is finished. */
  | { readonly kind: 'stop' }
  /** A sign of life. */
  | { readonly kind: 'here' };

/** What a fleet has done so far. Rows and fates that it counts have been sent before it. */
export interface FleetReport {
  /** Device time, ms since the epoch; 0: not begun. */
  readonly startAt: number;
  readonly summary: SensorSummary;
  readonly snapshot: SensorSnapshot;
  /** For `TimeHistogram.decode`; absent: not told again yet, which is done once a second and at the end. */
  readonly distributions?: { readonly latency: string; readonly lateness: string } | undefined;
  /** Only in the last report. */
  readonly intervals?: readonly Interval[] | undefined;
}

/** Why a fleet ended: its run was over, the lab said so, a signal came, the lab was gone. */
export type FleetEnd = 'over' | 'stopped' | 'terminated' | 'orphaned';

/** Fleet to lab, beside truth rows, fates and connection events. */
export type FromFleet =
  /** First of all, before a task is known. */
  | { readonly kind: 'hello'; readonly protocol: number; readonly version: string }
  /** Asks for the lab's time. */
  | { readonly kind: 'time'; readonly number: number }
  /** Every connection has been tried, and the fleet waits for `begin`. */
  | { readonly kind: 'ready'; readonly clock: ClockOffset }
  /** A line for people. */
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'report'; readonly report: FleetReport }
  /** Last of all. */
  | { readonly kind: 'end'; readonly why: FleetEnd; readonly error?: PlainError | undefined };
