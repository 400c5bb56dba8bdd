import { count, latency, measured, position, rate } from '../print/figure.js';
import { flow, lineOf, type Span, type Style, span, widthOf } from '../print/styled-line.js';
import type { Course, LabView } from './lab-view.js';
import { sparkline } from './sparkline.js';

/** The terminal as it is now. */
export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

const labelWidth = 13;
const longestSparkline = 60;

/** One frame of the live view: at most `rows - 1` lines of at most `columns - 1` characters, so that nothing scrolls. */
export function renderView(view: LabView, size: ViewSize): string[] {
  const width = Math.max(1, Math.min(size.columns - 1, 120));
  const head = [headOf(view, width), []];
  const figures = [
    ...flow('sensors', labelWidth, sensorFields(view), width),
    ...flow('', labelWidth, deliveryFields(view), width),
    ...flow('latency', labelWidth, latencyFields(view), width),
    ...flow('gateway', labelWidth, gatewayFields(view), width),
    ...flow('topic', labelWidth, topicFields(view), width),
    ...flow('', labelWidth, partitionFields(view, width < 90 ? 6 : 10), width),
  ].filter((line) => line.some(({ text }) => text.trim() !== ''));
  const places = view.places.length === 0 ? [] : [[], ...flow('', 0, view.places.map(dim), width)];
  const foot = [...places, ...flow('', 0, [dim('q ends the lab with its audit')], width)];
  const room = size.rows - 2 - head.length - figures.length - foot.length;
  const courses = courseLines(view.courses, width, room);
  const body = courses.length === 0 ? [] : [[], ...courses];
  return [...head, ...figures, ...body, ...foot]
    .slice(0, Math.max(1, size.rows - 1))
    .map((line) => lineOf(line, width, size.color));
}

function dim(text: string): Span[] {
  return [span(text, 'dim')];
}

/** `12 devices`: a figure, and what it counts. */
function figure(value: string, what: string, style: Style = 'bold'): Span[] {
  return [span(value, style), span(` ${what}`, 'dim')];
}

/** A count that should be zero: calm while it is, coloured when it is not. */
function trouble(value: number, what: string, style: Style): Span[] {
  return value === 0 ? [span(`0 ${what}`, 'dim')] : [span(`${count(value)} ${what}`, style)];
}

function headOf(view: LabView, width: number): Span[] {
  const left = [span('sensorsim lab', 'bold'), span(width < 60 ? '' : `  ${view.runId}`, 'dim')];
  const right = progressOf(view, Math.min(24, width - widthOf(left) - 20));
  const gap = width - widthOf(left) - widthOf(right);
  return [...left, span(' '.repeat(Math.max(2, gap))), ...right];
}

function progressOf({ elapsedMs, durationMs }: LabView, barColumns: number): Span[] {
  if (durationMs === undefined) {
    return [span(position(elapsedMs), 'bold')];
  }
  const share = Math.min(1, elapsedMs / durationMs);
  const times = [span(position(elapsedMs), 'bold'), span(` / ${position(durationMs)}`, 'dim')];
  if (barColumns < 6) {
    return times;
  }
  const done = Math.round(share * barColumns);
  return [span('━'.repeat(done), 'cyan'), span('─'.repeat(barColumns - done), 'dim'), span('  '), ...times];
}

function sensorFields({ sensors }: LabView): Span[][] {
  return [
    figure(count(sensors.devices), 'devices'),
    figure(count(sensors.connections), 'connections'),
    figure(rate(sensors.publishedHz), 'readings/s'),
  ];
}

function deliveryFields({ sensors }: LabView): Span[][] {
  return [
    figure(count(sensors.published), 'sent'),
    figure(count(sensors.acknowledged), 'acknowledged'),
    figure(count(sensors.inFlight), 'in flight', 'plain'),
  ];
}

/** Due to confirmation, and what was not in time. */
function latencyFields({ sensors }: LabView): Span[][] {
  return [
    figure(latency(sensors.p50Ms), 'p50'),
    figure(latency(sensors.p99Ms), 'p99'),
    trouble(sensors.late, 'late', 'yellow'),
    trouble(sensors.skipped, 'skipped', 'yellow'),
    trouble(sensors.failed, 'failed', 'red'),
  ];
}

function gatewayFields({ gateway }: LabView): Span[][] {
  return [
    figure(rate(gateway.receivedHz), 'readings/s'),
    figure(count(gateway.received), 'received'),
    figure(count(gateway.pending), 'pending', 'plain'),
    trouble(gateway.refused, 'refused', 'yellow'),
  ];
}

function topicFields({ topic, lost }: LabView): Span[][] {
  return [
    figure(rate(topic.forwardedHz), 'records/s'),
    figure(count(topic.forwarded), 'records'),
    trouble(topic.deadLetters, 'dead letters', 'yellow'),
    [span(`${count(lost)} lost`, lost === 0 ? 'green' : 'red')],
  ];
}

function partitionFields({ topic }: LabView, barWidth: number): Span[][] {
  const most = Math.max(1, ...topic.partitions);
  return topic.partitions.map((records, partition) => [
    span(`p${partition} `, 'dim'),
    span('━'.repeat(Math.round((records / most) * barWidth)), 'cyan'),
    span('─'.repeat(barWidth - Math.round((records / most) * barWidth)), 'dim'),
    span(` ${count(records)}`),
  ]);
}

/** As many devices of each type as there is room for, the type named once. */
function courseLines(courses: readonly Course[], width: number, room: number): Span[][] {
  const types = [...new Set(courses.map(({ type }) => type))];
  if (types.length === 0 || room < 2) {
    return [];
  }
  const each = Math.max(1, Math.floor((room - 1) / types.length));
  const shown = types.flatMap((type) => courses.filter((course) => course.type === type).slice(0, each));
  const idWidth = Math.max(...shown.map(({ id }) => id.length)) + 2;
  const valueWidth = 10;
  const bars = Math.min(longestSparkline, width - labelWidth - idWidth - valueWidth);
  let before = '';
  return shown.slice(0, room - 1).map(({ id, type, unit, values }) => {
    const label = type === before ? '' : type.slice(0, labelWidth - 1);
    before = type;
    const last = values.at(-1);
    const value = last === undefined ? '–' : measured(last, unit);
    return [
      span(label.padEnd(labelWidth), 'dim'),
      span(id.padEnd(idWidth)),
      ...(bars < 4 ? [] : [span(sparkline(values, bars), 'cyan')]),
      span(value.padStart(valueWidth), 'bold'),
    ];
  });
}
