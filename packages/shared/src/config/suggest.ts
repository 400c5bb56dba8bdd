import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean "count"?)` where a known word is near, else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? '' : ` (did you mean "${near}"?)`;
}

/** The known word that was most likely meant; undefined: none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) {
    return undefined;
  }
  const near = closest(word, [...known]);
  // Two letters changed round are two edits.
  const length = Math.max(word.length, near.length);
  const limit = Math.max(length > 3 ? 2 : 1, Math.floor(length * 0.4));
  return distance(word, near) <= limit ? near : undefined;
}
