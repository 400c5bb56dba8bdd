import { integerField, numberField, type Range, textField } from 'sensorsim-shared';
import type { z } from 'zod';
import { LocalTime } from './local-time.js';

/** A number among a type's parameters, read from text too. The description names the unit. */
export function numberParameter(
  initial: number,
  range: Range,
  description: string,
): z.ZodDefault<z.ZodType<number>> {
  return numberField(range).default(initial).describe(description);
}

/** A whole number among a type's parameters. */
export function integerParameter(
  initial: number,
  range: Range,
  description: string,
): z.ZodDefault<z.ZodType<number>> {
  return integerField(range).default(initial).describe(description);
}

/** The zone whose clock the daily course follows. UTC unless set: the machine's own zone would make runs differ. */
export function timeZoneParameter(): z.ZodDefault<z.ZodType<string>> {
  return textField((zone) =>
    LocalTime.of(zone) === undefined ? 'is not a time zone; write Europe/Berlin, UTC or +02:00' : undefined,
  )
    .default('UTC')
    .describe('zone whose local time the daily course follows: IANA name, or an offset as +02:00');
}

/** The converter's step, in the type's unit. */
export function resolutionParameter(initial: number, unit: string): z.ZodDefault<z.ZodType<number>> {
  return numberParameter(initial, { min: 1e-6, max: 1000 }, `smallest step of a value, ${unit}`);
}
