import type { TruthRow } from 'sensorsim-shared';
import type { Arrival } from './arrival.js';

/** A row of the truth, and what the topics show of it. */
export class TruthEntry {
  /** In `truth.ndjson`, from 1. */
  readonly line: number;
  readonly row: TruthRow;
  /** Arrivals in topics of readings, copies too. */
  found = 0;
  /** Arrivals among the dead letters. */
  deadLettered = 0;
  /** Arrivals in topics of readings that say of themselves that they were sent again. */
  marked = 0;
  /** Its first arrival stands behind a later reading of its device. */
  behind = false;

  constructor(line: number, row: TruthRow) {
    this.line = line;
    this.row = row;
  }

  /**
   * Copies in topics of readings that no mark explains. Of all copies one need not be marked, whichever stands first: a gateway that was
   * left may write its own, which is not marked, behind that of the next one, which is.
   */
  get unmarkedCopies(): number {
    return Math.max(0, this.found - 1 - this.marked);
  }

  get arrived(): boolean {
    return this.found + this.deadLettered > 0;
  }

  /** Whether it was acknowledged and is nowhere. */
  get lost(): boolean {
    return this.row.outcome === 'acknowledged' && !this.arrived;
  }

  /** Notes an arrival; true where it is the first in a topic of readings. */
  note({ deadLetter, marked }: Arrival): boolean {
    if (deadLetter) {
      this.deadLettered++;
      return false;
    }
    this.found++;
    this.marked += marked ? 1 : 0;
    return this.found === 1;
  }
}
