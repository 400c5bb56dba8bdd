import { type DecodedReading, idPattern, legacyTimestampMs, SuiteError } from 'sensorsim-shared';

/** Content type of a form's query, as it stands in dead letters. */
export const formContentType = 'application/x-www-form-urlencoded';

/**
 * The readings of the 2018 sensor's form: `temp=18&lux=178&id=simsensor001&timestamp=1795492016`, or one `value` in place
 * of `temp` and `lux`. `timestamp` is in seconds below 10^11, else in ms; `daydate` and what else there is are ignored.
 * @throws {SuiteError} DECODE_EMPTY; DECODE_INVALID, naming the field
 */
export function decodeReadingsForm(query: string): DecodedReading[] {
  if (query === '') {
    throw new SuiteError('DECODE_EMPTY', 'the query is empty');
  }
  const fields = new URLSearchParams(query);
  const id = single(fields, 'id') ?? '';
  if (!idPattern.test(id)) {
    throw invalid('id', '1 to 128 of A-Z a-z 0-9 . _ : -', id);
  }
  const timestamp = single(fields, 'timestamp') ?? '';
  if (!/^\d{1,15}$/.test(timestamp)) {
    throw invalid('timestamp', 'whole seconds or milliseconds since the epoch', timestamp);
  }
  const ts = legacyTimestampMs(Number(timestamp));
  const readings: DecodedReading[] = [];
  const value = number(fields, 'value');
  if (value !== undefined) {
    readings.push({ id, value, ts });
  }
  const temperature = number(fields, 'temp');
  if (temperature !== undefined) {
    readings.push({ id, type: 'temperature', value: temperature, unit: 'Cel', ts });
  }
  const light = number(fields, 'lux');
  if (light !== undefined) {
    readings.push({ id, type: 'light', value: light, unit: 'lx', ts });
  }
  if (readings.length === 0) {
    throw new SuiteError('DECODE_INVALID', 'the form has neither value, temp nor lux');
  }
  return readings;
}

function single(fields: URLSearchParams, name: string): string | undefined {
  const values = fields.getAll(name);
  if (values.length > 1) {
    throw new SuiteError('DECODE_INVALID', `${name} is there ${values.length} times`);
  }
  return values[0];
}

function number(fields: URLSearchParams, name: string): number | undefined {
  const text = single(fields, name);
  if (text === undefined) {
    return undefined;
  }
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw invalid(name, 'a number', text);
  }
  return value;
}

function invalid(field: string, must: string, text: string): SuiteError {
  const shown = text === '' ? 'missing' : JSON.stringify(text.slice(0, 80));
  return new SuiteError('DECODE_INVALID', `${field} must be ${must}, is ${shown}`);
}
