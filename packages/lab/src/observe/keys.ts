/** What a terminal's input offers: `process.stdin`, or a test's own. */
export interface KeySource {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: 'data', listener: (data: Buffer | string) => void): unknown;
  off(event: 'data', listener: (data: Buffer | string) => void): unknown;
}

export interface KeyActions {
  /** `q`. */
  readonly onQuit: () => void;
  /** Ctrl-C, which a terminal in raw mode does not turn into a signal. */
  readonly onInterrupt: () => void;
}

const interrupt = '\x03';

/**
 * Listens for single keys where the input is a terminal; elsewhere does nothing.
 * @returns ends it and gives the terminal back as it was
 */
export function listenForKeys(source: KeySource, actions: KeyActions): () => void {
  if (source.isTTY !== true || source.setRawMode === undefined) {
    return () => {};
  }
  const onData = (data: Buffer | string): void => {
    const keys = data.toString();
    if (keys.includes(interrupt)) {
      actions.onInterrupt();
    } else if (/q/i.test(keys)) {
      actions.onQuit();
    }
  };
  source.setRawMode(true);
  source.on('data', onData);
  source.resume();
  return () => {
    source.off('data', onData);
    source.setRawMode?.(false);
    source.pause();
  };
}
