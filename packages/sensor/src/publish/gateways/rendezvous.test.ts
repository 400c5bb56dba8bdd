import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOf, keyHash, type Ranked } from './rendezvous.js';

const ranked = (key: string, spare = false): Ranked => ({ key, hash: keyHash(key), spare });
const nobody = (): boolean => false;
const bestKey = (id: string, candidates: readonly Ranked[]): string =>
  (bestOf(keyHash(id), candidates, nobody) as Ranked).key;
const deviceIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `temp-${String(i + 1).padStart(4, '0')}`);

/** How many ids go to each. */
function shares(ids: readonly string[], candidates: readonly Ranked[]): Map<string, number> {
  const counts = new Map(candidates.map(({ key }) => [key, 0]));
  for (const id of ids) {
    const key = bestKey(id, candidates);
    counts.set(key, (counts.get(key) as number) + 1);
  }
  return counts;
}

const gateways = fc
  .uniqueArray(
    fc.oneof(
      fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `mqtt://10.0.${a}.${b}:1883`),
      fc.nat(99).map((n) => `mqtt://gateway-${n}:1883`),
    ),
    { minLength: 2, maxLength: 8 },
  )
  .map((keys) => keys.map((key) => ranked(key)));

describe('rendezvous hashing', () => {
  it('spreads devices evenly over any gateways, however alike their names are', () => {
    fc.assert(
      fc.property(gateways, (candidates) => {
        const ids = deviceIds(4_000);
        const fair = ids.length / candidates.length;
        // Six standard deviations of a fair draw.
        const slack = 6 * Math.sqrt(fair * (1 - 1 / candidates.length));
        for (const [key, count] of shares(ids, candidates)) {
          expect(Math.abs(count - fair), `${key} has ${count} of ${fair}`).toBeLessThan(slack);
        }
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('moves nobody but the devices of a gateway that goes, and those evenly to the others', () => {
    fc.assert(
      fc.property(gateways, fc.nat(), (candidates, pick) => {
        const gone = candidates[pick % candidates.length] as Ranked;
        const left = candidates.filter((one) => one !== gone);
        const ids = deviceIds(4_000);
        const moved = ids.filter((id) => bestKey(id, candidates) === gone.key);
        const changed = ids.filter((id) => bestKey(id, left) !== bestKey(id, candidates));
        expect(changed).toEqual(moved);
        const fair = moved.length / left.length;
        for (const count of shares(moved, left).values()) {
          expect(Math.abs(count - fair)).toBeLessThan(6 * Math.sqrt(fair) + 1);
        }
      }),
      { numRuns: 40, seed: 6 },
    );
  });

  it('asks in any order and finds the same', () => {
    fc.assert(
      fc.property(gateways, fc.string(), (candidates, id) => {
        expect(bestKey(id, [...candidates].reverse())).toBe(bestKey(id, candidates));
      }),
    );
  });

  it('puts spares behind all others', () => {
    const candidates = [ranked('a', true), ranked('b', true), ranked('c')];
    expect(deviceIds(50).every((id) => bestKey(id, candidates) === 'c')).toBe(true);
    expect(bestOf(keyHash('x'), candidates, ({ key }) => key === 'c')?.spare).toBe(true);
    expect(bestOf(keyHash('x'), candidates, () => true)).toBeUndefined();
  });

  it('gives every version of the suite the same: devices stay where they are when sensors are replaced', () => {
    const three = [1, 2, 3].map((n) => ranked(`mqtt://gateway-${n}:1883`));
    expect(deviceIds(12).map((id) => Number(bestKey(id, three).slice(15, 16)))).toEqual([
      1, 1, 2, 3, 2, 3, 2, 1, 3, 2, 1, 2,
    ]);
  });
});
