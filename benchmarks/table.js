/** What a benchmark gives back, and how it is shown: as text in a terminal, as Markdown in the docs. */

/**
 * @typedef {{ title: string, note: string, columns: string[], rows: (string | number)[][] }} Table
 */

/** @param {number} value @param {number} [digits] */
export function significant(value, digits = 3) {
  if (!Number.isFinite(value)) {
    return '–';
  }
  const rounded = Number(value.toPrecision(digits));
  return Math.abs(rounded) >= 10_000 ? rounded.toLocaleString('en') : String(rounded);
}

/** @param {readonly number[]} values one or more; of an even number the upper of the two in the middle */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** @param {Table} table */
export function asText({ title, note, columns, rows }) {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] ?? '').length)));
  const line = (/** @type {string[]} */ row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [`\n${title}`, ...cells.map(line), note].join('\n');
}

/** @param {Table} table */
export function asMarkdown({ title, note, columns, rows }) {
  const line = (/** @type {(string | number)[]} */ row) => `| ${row.join(' | ')} |`;
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'));
  return [`## ${title}`, '', line(columns), line(rule), ...rows.map(line), '', note, ''].join('\n');
}
