/** Something that connections choose among. */
export interface Ranked {
  /** Tells it from the others, wherever and whenever it is asked. */
  readonly key: string;
  /** `keyHash(key)`. */
  readonly hash: number;
  /** Comes behind all that are not. */
  readonly spare: boolean;
}

/** A hash of a name, 32 bits: FNV-1a (Fowler, Noll, Vo) over its UTF-16 code units. */
export function keyHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * How much a client wants a candidate: pseudo-random, and the same wherever it is computed. FNV-1a leaves names that differ in their
 * last letter alike in their high bits; the finalizer of MurmurHash3 spreads them.
 */
export function weight(clientHash: number, candidateHash: number): number {
  let mixed = finalize(clientHash) ^ candidateHash;
  mixed = finalize(Math.imul(mixed, 0x9e3779b1) ^ (candidateHash >>> 15));
  return mixed >>> 0;
}

function finalize(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/**
 * The best of the candidates that are not passed over, by rendezvous hashing (highest random weight: Thaler and Ravishankar, Using
 * name-based mappings to increase hit rates, IEEE/ACM Transactions on Networking 6(1), 1998): clients are spread evenly, every
 * client finds its own without asking anybody, and when a candidate goes, only its clients move, evenly to the others. O(candidates).
 * @returns undefined where none is left
 */
export function bestOf<T extends Ranked>(
  clientHash: number,
  candidates: readonly T[],
  passOver: (candidate: T) => boolean,
): T | undefined {
  let best: T | undefined;
  let bestWeight = -1;
  for (const candidate of candidates) {
    if (passOver(candidate)) {
      continue;
    }
    const own = weight(clientHash, candidate.hash);
    const wins =
      best === undefined ||
      (candidate.spare === best.spare
        ? own > bestWeight || (own === bestWeight && candidate.key < best.key)
        : best.spare);
    if (wins) {
      best = candidate;
      bestWeight = own;
    }
  }
  return best;
}
