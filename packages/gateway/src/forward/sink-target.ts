import { didYouMean } from 'sensorsim-shared';

/** Kinds of sink, and what `--to` says after the colon; undefined: nothing. */
const targets = { kafka: undefined, topic: 'DIR', file: 'PATH', stdout: undefined } as const;

export type SinkKind = keyof typeof targets;

/** `--to` taken apart: `topic:./data` is the kind `topic` with the place `./data`. */
export interface SinkTarget {
  readonly kind: SinkKind;
  readonly place: string;
}

/** How `--to` can be written, for help and messages. */
export const targetForms = Object.entries(targets)
  .map(([kind, place]) => (place === undefined ? kind : `${kind}:${place}`))
  .join(', ');

/** The target of a `--to`, or the problem in words. */
export function parseSinkTarget(text: string): SinkTarget | { readonly problem: string } {
  const at = text.indexOf(':');
  const kind = at < 0 ? text : text.slice(0, at);
  const place = at < 0 ? '' : text.slice(at + 1);
  if (!Object.hasOwn(targets, kind)) {
    return { problem: `must be one of ${targetForms}${didYouMean(kind, Object.keys(targets))}` };
  }
  const wanted = targets[kind as SinkKind];
  if ((wanted === undefined) !== (place === '')) {
    return { problem: wanted === undefined ? `is ${kind} alone` : `needs a place, as in ${kind}:${wanted}` };
  }
  return { kind: kind as SinkKind, place };
}
