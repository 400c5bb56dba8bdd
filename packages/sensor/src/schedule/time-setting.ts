/** How `--clock` relates device time to the machine's: its speed, Infinity for a virtual clock. */
export function clockSpeed(clock: string): number {
  if (clock === 'wall') {
    return 1;
  }
  return clock === 'virtual' ? Number.POSITIVE_INFINITY : Number(clock.slice(0, -1));
}

/** What is wrong with a `--clock`, in words. */
export function clockProblem(clock: string): string | undefined {
  if (clock === 'wall' || clock === 'virtual') {
    return undefined;
  }
  const speed = /^(\d+(?:\.\d+)?)x$/.exec(clock)?.[1];
  if (speed === undefined) {
    return 'must be wall, virtual, or a speed as 60x';
  }
  return Number(speed) > 0 && Number(speed) <= 100_000
    ? undefined
    : 'must be a speed above 0x, up to 100000x';
}

/** Where device time begins under a virtual clock when `--start` says nothing: fixed, so that bytes are equal. */
export const virtualStartAt = Date.UTC(2026, 0, 1);

/** Milliseconds since the epoch of a `--start`. */
export function startMs(start: string): number {
  return /^\d+$/.test(start) ? Number(start) : Date.parse(start);
}

/** Device time at the start, ms since the epoch, where the settings say it; undefined: it is the machine's time then. */
export function givenStartAt(options: {
  readonly start?: string | undefined;
  readonly clock: string;
}): number | undefined {
  const { start, clock } = options;
  return start === undefined ? (clock === 'virtual' ? virtualStartAt : undefined) : startMs(start);
}

/** What is wrong with a `--start`, in words. */
export function startProblem(start: string): string | undefined {
  const ms = startMs(start);
  return Number.isSafeInteger(ms) && ms >= 0
    ? undefined
    : 'is neither ISO 8601, as 2026-01-01T00:00:00Z, nor milliseconds since the epoch';
}

/** The part of the fleet that `--shard i/n` names: devices whose index leaves `index` when divided by `of`. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** A `--shard`; absent: the whole fleet. */
export function shardOf(shard: string | undefined): Shard {
  const [index, of] = (shard ?? '1/1').split('/').map(Number) as [number, number];
  return { index: index - 1, of };
}

/** What is wrong with a `--shard`, in words. */
export function shardProblem(shard: string): string | undefined {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(shard);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  return match !== null && index >= 1 && index <= of ? undefined : 'must be i/n with i from 1 to n, as 1/3';
}
