import { describe, expect, it } from 'vitest';
import type { BrokerAddress } from '../broker-address.js';
import type { Candidate } from './candidate.js';
import { GatewayChoice } from './gateway-choice.js';
import { keyHash } from './rendezvous.js';

const candidate = (key: string): Candidate => ({
  key,
  hash: keyHash(key),
  spare: false,
  address: {} as BrokerAddress,
  url: key,
});
const three = ['a', 'b', 'c'].map(candidate);

/** Tries, all in vain, until there is a pause. */
function round(choice: GatewayChoice, candidates: readonly Candidate[]): string[] {
  const tried: string[] = [];
  do {
    tried.push(choice.next(candidates)?.key ?? 'none');
  } while (choice.more);
  choice.paused();
  return tried;
}

describe('the choice of a gateway', () => {
  it('goes once through all before a pause, and then begins with the best again', () => {
    const choice = new GatewayChoice('temp-0001');
    const first = round(choice, three);
    expect([...first].sort()).toEqual(['a', 'b', 'c']);
    expect(round(choice, three)).toEqual(first);
  });

  it('goes from a gateway that it had to the next, and looks for its best again from there', () => {
    const choice = new GatewayChoice('temp-0001');
    const [best, second] = round(new GatewayChoice('temp-0001'), three);
    expect(choice.next(three)?.key).toBe(best);
    choice.stood();
    expect(choice.more).toBe(true);
    expect(choice.next(three)?.key).toBe(second);
    choice.stood();
    expect(choice.next(three)?.key).toBe(best);
  });

  it('does not go round and round between gateways that accept and close at once', () => {
    const choice = new GatewayChoice('temp-0001');
    // None of these connections stood.
    expect(round(choice, three)).toHaveLength(3);
  });

  it('has a pause after each attempt where there is one gateway', () => {
    const choice = new GatewayChoice('temp-0001');
    const one = [candidate('a')];
    expect(round(choice, one)).toEqual(['a']);
    choice.stood();
    expect(choice.more).toBe(false);
    expect(choice.several).toBe(false);
    expect(round(choice, one)).toEqual(['a']);
  });

  it('tries no more than eight at once, and the others after a pause', () => {
    const choice = new GatewayChoice('temp-0001');
    const twenty = Array.from({ length: 20 }, (_, i) => candidate(`gateway ${i}`));
    const rounds = [round(choice, twenty), round(choice, twenty), round(choice, twenty)];
    expect(rounds.map(({ length }) => length)).toEqual([8, 8, 4]);
    expect(new Set(rounds.flat()).size).toBe(20);
  });

  it('takes what there is at the moment: a gateway that came is tried, one that went is not', () => {
    const choice = new GatewayChoice('temp-0001');
    choice.next(three);
    choice.stood();
    const other = three.filter(({ key }) => key !== choice.current?.key);
    const [first] = other as [Candidate, Candidate];
    expect(choice.next([first])?.key).toBe(first.key);
    choice.stood();
    expect(choice.next([])).toBeUndefined();
    expect(choice.more).toBe(false);
    expect(choice.next([candidate('new')])?.key).toBe('new');
  });

  it('holds nothing against a gateway whose connection the device itself closed', () => {
    const choice = new GatewayChoice('temp-0001');
    const best = choice.next(three);
    choice.restart();
    expect(choice.next(three)).toBe(best);
  });
});
