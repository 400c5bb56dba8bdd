import type { AttackSpec, ConnectionEvent, PlainError } from 'sensorsim-shared';
import type { SensorOptions } from '../options.js';
import type { Totals } from '../report/totals.js';
import type { RunStart, ThreadNumber } from '../share.js';
import type { Slice } from './slice-lines.js';

/** What a worker is made with. */
export interface WorkerTask {
  readonly options: SensorOptions;
  readonly thread: ThreadNumber;
  /** Patterns that are played upon the fleet. */
  readonly attacks: readonly AttackSpec[];
  /** Whether truth rows are wanted. */
  readonly recorded: boolean;
}

/** Main thread to worker. Each but `stop` and `credit` is answered by `done`. */
export type ToWorker =
  | { readonly kind: 'connect' }
  | { readonly kind: 'prepare'; readonly startAt: number }
  | { readonly kind: 'run'; readonly start: RunStart }
  | { readonly kind: 'close'; readonly timeoutMs: number }
  | { readonly kind: 'stop' }
  /** A slice has been written: another may come. */
  | { readonly kind: 'credit' };

export type CallKind = 'make' | 'connect' | 'prepare' | 'run' | 'close';

/** Worker to main thread. */
export type FromWorker =
  | { readonly kind: 'done'; readonly call: CallKind; readonly error?: PlainError }
  | { readonly kind: 'fatal'; readonly error: PlainError }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'connection'; readonly event: ConnectionEvent }
  | { readonly kind: 'totals'; readonly totals: WireTotals }
  /** Lines of a slice of time, readings and truth rows. */
  | { readonly kind: 'slice'; readonly out?: Slice; readonly truth?: Slice }
  /** Truth rows in no particular order. */
  | { readonly kind: 'rows'; readonly truth: Slice };

/** Totals with histograms as text. */
export type WireTotals = Omit<Totals, 'latency' | 'lateness'> & {
  readonly latency: string;
  readonly lateness: string;
};
