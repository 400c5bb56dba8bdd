import { closest, distance } from 'fastest-levenshtein';

/** ` (did you mean "count"?)` where a known word is near, else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (known.length === 0) {
    return '';
  }
  const near = closest(word, [...known]);
  // Two letters changed round are two edits.
  const length = Math.max(word.length, near.length);
  const limit = Math.max(length > 3 ? 2 : 1, Math.floor(length * 0.4));
  return distance(word, near) <= limit ? ` (did you mean "${near}"?)` : '';
}
