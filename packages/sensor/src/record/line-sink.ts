/** Takes lines of the run: readings on their way to a file, or truth rows. */
export interface LineSink {
  /** @param line without its newline; `due` and `index` (of the device in the whole fleet) say where it belongs */
  append(line: string, due: number, index: number): void;
  /** All lines due before the end of this slice of time have been added. */
  endSlice(): void;
}

/** Whether lines may be added to a sink, where that can end. */
export interface LineRoom {
  readonly full: boolean;
  /** Calls back once there is room again. */
  whenRoom(callback: () => void): void;
  /** Lets readers see what was added. */
  flush(): void;
}

interface Row {
  readonly line: string;
  readonly due: number;
  readonly index: number;
}

/** Brings the lines of a slice, which come as confirmations do, into the order in which they were due. */
export class SortedLines implements LineSink {
  readonly #next: LineSink;
  #rows: Row[] = [];

  constructor(next: LineSink) {
    this.#next = next;
  }

  append(line: string, due: number, index: number): void {
    this.#rows.push({ line, due, index });
  }

  endSlice(): void {
    const rows = this.#rows;
    this.#rows = [];
    rows.sort((a, b) => a.due - b.due || a.index - b.index);
    for (const { line, due, index } of rows) {
      this.#next.append(line, due, index);
    }
    this.#next.endSlice();
  }
}
