import { messageOf, SuiteError } from '../error/index.js';
import { machineNow } from '../time/index.js';
import { isObject } from './json-payload.js';
import type { DecodedReading, Reading } from './reading.js';
import { invalid, malformed, validReading } from './valid-reading.js';

/** One record of a pack by its JSON labels, none of them checked. */
export type SenmlRecord = Readonly<Record<string, unknown>>;

/** RFC 8428 §4.5.3: from here on a time is absolute, below it relative to now. In seconds; July 1978. */
const firstAbsoluteSeconds = 2 ** 28;

/** RFC 8428 §4.4: the version that is understood; a pack of a larger one must not be used. */
const newestVersion = 10;

/**
 * Labels of our own for what SenML has no field for: the type and the sequence number of a reading. RFC 8428 §4.4 allows
 * custom labels and has receivers ignore them, because they do not end in `_`.
 */
export const typeLabel = 'type';
export const seqLabel = 'seq';

const fieldNames = { id: 'bn + n', type: typeLabel, value: 'v + bv', unit: 'u', ts: 'bt + t', seq: seqLabel };

/**
 * A reading's time as SenML says it.
 * @throws {SuiteError} ENCODE_UNREPRESENTABLE: SenML would take the time for a relative one, or the id for no name
 */
export function senmlSeconds({ id, ts }: Reading): number {
  const seconds = ts / 1_000;
  if (seconds < firstAbsoluteSeconds) {
    throw new SuiteError(
      'ENCODE_UNREPRESENTABLE',
      `format senml takes times before July 1978 for relative ones (RFC 8428 §4.5.3), so it cannot say ${ts} ms`,
    );
  }
  if (!/^[A-Za-z0-9]/.test(id)) {
    throw new SuiteError(
      'ENCODE_UNREPRESENTABLE',
      `a SenML name begins with a letter or digit (RFC 8428 §4.5.1), "${id}" does not`,
    );
  }
  return seconds;
}

/**
 * The readings of a pack: base fields resolved (RFC 8428 §4.6), times made absolute. A record with a text, boolean or
 * data value, with a sum alone, or with base fields alone, is no reading and passed over.
 * @param receivedAt what relative times relate to, ms since the epoch; absent: now
 * @throws {SuiteError} DECODE_INVALID, naming the record and field
 */
export function readingsOfPack(records: readonly unknown[], receivedAt = machineNow()): DecodedReading[] {
  const base: Base = { name: '', timeSeconds: 0, unit: undefined, value: 0 };
  const readings: DecodedReading[] = [];
  for (let index = 0; index < records.length; index++) {
    try {
      const reading = readingOf(records[index], base, receivedAt);
      if (reading !== undefined) {
        readings.push(reading);
      }
    } catch (error) {
      throw new SuiteError('DECODE_INVALID', `record ${index}: ${messageOf(error)}`);
    }
  }
  return readings.length > 0 ? readings : invalid('v', 'in at least one record', undefined);
}

/** The base fields in force, from the records so far. */
interface Base {
  name: string;
  timeSeconds: number;
  unit: string | undefined;
  value: number;
}

function readingOf(record: unknown, base: Base, receivedAt: number): DecodedReading | undefined {
  if (!isObject(record)) {
    return invalid('a SenML record', 'an object', record);
  }
  refuseUnknownMandatory(record);
  const bver = finite(record, 'bver') ?? newestVersion;
  if (!Number.isInteger(bver) || bver < 1 || bver > newestVersion) {
    invalid('bver', `a version from 1 to ${newestVersion}`, bver);
  }
  base.name = text(record, 'bn') ?? base.name;
  base.timeSeconds = finite(record, 'bt') ?? base.timeSeconds;
  base.unit = text(record, 'bu') ?? base.unit;
  base.value = finite(record, 'bv') ?? base.value;
  if (record.v === undefined && !lacksValue(record)) {
    return undefined;
  }
  const seconds = base.timeSeconds + (finite(record, 't') ?? 0);
  const offsetMs = seconds >= firstAbsoluteSeconds ? 0 : receivedAt;
  return validReading(
    {
      id: base.name + (text(record, 'n') ?? ''),
      type: record[typeLabel],
      value: (finite(record, 'v') ?? invalid('v', 'a finite number', undefined)) + base.value,
      unit: text(record, 'u') ?? base.unit,
      ts: Math.round(offsetMs + seconds * 1_000),
      seq: record[seqLabel],
    },
    fieldNames,
  );
}

/** RFC 8428 §4.4: what ends in `_` must be understood or refused, and none is understood here. */
function refuseUnknownMandatory(record: SenmlRecord): void {
  for (const label in record) {
    if (label.endsWith('_')) {
      throw malformed(`"${label.slice(0, 32)}" is a mandatory extension of SenML that is not known here`);
    }
  }
}

/** Whether a record without `v` should have had one: it has no other value, and speaks of more than base fields. */
function lacksValue({ vs, vb, vd, s, n, t, u }: SenmlRecord): boolean {
  const hasOtherValue = (vs ?? vb ?? vd ?? s) !== undefined;
  const isBaseOnly = (n ?? t ?? u) === undefined;
  return !hasOtherValue && !isBaseOnly;
}

function finite(record: SenmlRecord, label: string): number | undefined {
  const value = record[label];
  return value === undefined || (typeof value === 'number' && Number.isFinite(value))
    ? value
    : invalid(label, 'a finite number', value);
}

function text(record: SenmlRecord, label: string): string | undefined {
  const value = record[label];
  return value === undefined || typeof value === 'string' ? value : invalid(label, 'text', value);
}
