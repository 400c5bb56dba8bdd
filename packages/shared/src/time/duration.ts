import { SuiteError } from '../error/index.js';

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;

/**
 * Milliseconds of a duration as users write it: `200ms`, `5s`, `1.5s`, `10m`, `2h`, `1d`; a bare number is ms.
 * @throws {SuiteError} CONFIG_INVALID: not a duration
 */
export function parseDurationMs(text: string | number): number {
  const match = pattern.exec(String(text).trim());
  if (!match) {
    throw new SuiteError('CONFIG_INVALID', `"${text}" is not a duration`, {
      hint: 'Write a number with ms, s, m, h or d, as in 200ms, 5s or 10m; a bare number is milliseconds.',
    });
  }
  return Number(match[1]) * (unitMs[match[2] ?? 'ms'] as number);
}

/** A duration for people: `200ms`, `5s`, `1.5s`, `10m`, `2h 5m`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) {
    return `${Number(ms.toPrecision(3))}ms`;
  }
  if (ms < 60_000) {
    return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 1 : 0))}s`;
  }
  const totalSeconds = Math.round(ms / 1_000);
  const parts: string[] = [];
  let rest = totalSeconds;
  for (const [name, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0 && parts.length < 2) {
      parts.push(`${count}${name}`);
    }
  }
  return parts.join(' ');
}
