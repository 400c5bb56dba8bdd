import type { DeliveryEvidence } from '../evidence.js';
import type { Metric } from '../metric.js';
import { percentileMetrics } from './percentiles.js';

type Count = Exclude<keyof DeliveryEvidence, 'latencyMs'>;

function counted(field: Count, title: string, description: string): Metric {
  return {
    name: `delivery.${field}`,
    unit: 'number',
    title,
    description,
    needs: 'topic',
    windowed: true,
    perDevice: true,
    value: ({ delivery }, scope) => delivery(scope)[field],
  };
}

/** Part of a count, as a share of another; null where there is nothing to be a part of. */
function part(name: string, of: Count, whole: Count, title: string, description: string): Metric {
  return {
    name: `delivery.${name}`,
    unit: 'share',
    title,
    description,
    needs: 'topic',
    windowed: true,
    perDevice: true,
    value: ({ delivery }, scope) => {
      const counts = delivery(scope);
      return counts[whole] === 0 ? null : counts[of] / counts[whole];
    },
  };
}

/** What became of the fleet's readings, from the device to the topic. Messages of attackers' own connections are not among them. */
export const deliveryMetrics: readonly Metric[] = [
  counted('offered', 'readings due', 'Readings that fell due, suppressed ones too.'),
  counted('acknowledged', 'readings acknowledged', 'Readings that the gateway confirmed to their device.'),
  counted('found', 'readings in the topic', 'Readings that are in the topic at least once.'),
  counted(
    'lost',
    'readings lost',
    'Readings that were acknowledged and are neither in the topic nor among the dead letters.',
  ),
  part('lostShare', 'lost', 'acknowledged', 'readings lost', 'Lost readings, of those acknowledged.'),
  part('foundShare', 'found', 'offered', 'readings in the topic', 'Readings in the topic, of those due.'),
  counted('duplicated', 'copies in the topic', 'Copies in the topic beyond those that were sent.'),
  counted(
    'duplicatedUnmarked',
    'unmarked copies',
    'Copies in the topic that no mark explains (mqtt-dup): of all copies of a reading one need not say that it was sent again.',
  ),
  counted(
    'reordered',
    'readings out of order',
    'Readings that stand behind a later one of their device in the same partition.',
  ),
  counted('suppressed', 'readings suppressed', 'Readings that a pattern kept back: they were never sent.'),
  counted('skipped', 'readings skipped', 'Readings that could not be taken when they fell due.'),
  counted('failed', 'readings failed', 'Readings that were sent and never confirmed.'),
  counted('deadLettered', 'readings dead-lettered', 'Readings that are among the dead letters.'),
  ...percentileMetrics(
    {
      name: 'delivery.latencyMs',
      title: 'due to acknowledged',
      description: 'From the moment a reading was due until its device had the confirmation, machine time.',
      needs: 'sensors',
      windowed: true,
      perDevice: true,
    },
    ({ delivery }, scope) => delivery(scope).latencyMs,
  ),
];
