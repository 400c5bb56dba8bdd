/** From here on a number is milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973. */
const leastMs = 1e11;
const number = /^-?\d+(?:\.\d+)?$/;
const dateTime =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Milliseconds since the epoch of a time as recordings write it, or NaN. Without a zone it is UTC. */
export function timestampOf(text: string): number {
  if (number.test(text)) {
    const value = Number(text);
    return Math.abs(value) < leastMs ? value * 1_000 : value;
  }
  const match = dateTime.exec(text);
  if (match === null) {
    return Number.NaN;
  }
  const [, date, time = '00:00', zone = 'Z'] = match;
  const offset = /^(?:Z|UTC)$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
  // A fraction beyond milliseconds is cut: JavaScript's parser takes three digits everywhere.
  const clock = time.replace(',', '.').replace(/(\.\d{3})\d+$/, '$1');
  return Date.parse(`${date}T${clock}${offset}`);
}
