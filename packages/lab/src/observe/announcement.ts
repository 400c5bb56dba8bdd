import type { Lab } from '../compose/compose-lab.js';
import type { UpOptions } from '../compose/up-options.js';
import { count } from '../print/figure.js';
import { lineOf, type Span, span } from '../print/styled-line.js';

/** What a lab says when it runs: where to connect, what to try, and which ports it could not have. */
export function announcement(lab: Lab, options: UpOptions, color: boolean): string {
  const { gateway, mqttPort, httpPort, run } = lab;
  const row = (label: string, text: string): Span[] => [span(`  ${label.padEnd(9)}`, 'dim'), span(text)];
  const moved = [
    ['MQTT', options.port, mqttPort],
    ['HTTP', options.http, httpPort],
  ] as const;
  const lines: Span[][] = [
    [
      span('The lab is running: ', 'bold'),
      span(`${count(options.count)} sensors → gateway → ${lab.topicName}`),
    ],
    row('mqtt', gateway.addresses.join(', ')),
    row('metrics', `${gateway.observeAddress}/metrics`),
    row('topic', `${options.topic} in ${lab.topicDirectory ?? lab.topicName}`),
    row('run', run.path),
    ...moved
      .filter(([, wanted, taken]) => wanted !== taken)
      .map(([name, wanted, taken]) =>
        row('note', `port ${wanted} is in use, so ${name} took the next free one, ${taken}`),
      ),
    row('try', `npx sensorsim --type temp --delay 200 -p ${mqttPort}`),
    row('', `mosquitto_sub -p ${mqttPort} -t 'sensors/#' -v`),
    [],
  ];
  return lines.map((line) => `${lineOf(line, Number.POSITIVE_INFINITY, color)}\n`).join('');
}
