import type { Held, LinkQuality } from './link.js';

/** A way through a network that can fail, as faults see it. `Link` is one of this process. */
export interface LinkControl {
  /** Connections that stand. */
  readonly connections: number;
  /** Connections that it broke, or would not open, so far. */
  readonly broken: number;
  /** How often it held up what passes, so far. */
  readonly delayed: number;
  readonly quality: LinkQuality;
  /** Breaks every connection, and every new one, until `mend`. */
  cut(): void | Promise<void>;
  mend(): void | Promise<void>;
  /** New connections are refused, as where no program listens, until `admit`. */
  refuse(): void | Promise<void>;
  admit(): void | Promise<void>;
  /** Bytes stand still, and nobody is told, until `hold('none')`. */
  hold(held: Held): void | Promise<void>;
  setQuality(quality: LinkQuality): void;
}
