import type { AuditFindings } from './audit.js';

/** Which copies a verdict forgives. At-least-once delivery may repeat after a fault, if the copy says so of itself. */
export const duplicatesAllowed = ['none', 'marked', 'all'] as const;

export type DuplicatesAllowed = (typeof duplicatesAllowed)[number];

/**
 * Whether a run kept its promises: each acknowledged reading in the topic, in order, and no copies but those allowed.
 * @returns what was broken, in words; empty when the run passed
 */
export function brokenPromises(findings: AuditFindings, allowed: DuplicatesAllowed): string[] {
  const { lost, reordered, duplicated, duplicatedMarked } = findings;
  const bad = { none: duplicated, marked: duplicated - duplicatedMarked, all: 0 }[allowed];
  return [
    lost > 0 ? `${lost} lost` : '',
    bad > 0 ? `${bad} duplicated${allowed === 'marked' ? ' without a mark' : ''}` : '',
    reordered > 0 ? `${reordered} reordered` : '',
  ].filter((problem) => problem !== '');
}
