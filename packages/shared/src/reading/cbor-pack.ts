import { type Token, Tokenizer, Type } from 'cborg';
import type { SenmlRecord } from './senml-pack.js';

/** RFC 8428 §6, table 4, which is conclusive: other labels are text. */
export const cborLabels = {
  bver: -1,
  bn: -2,
  bt: -3,
  bu: -4,
  bv: -5,
  bs: -6,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8,
} as const;

const labelOf: ReadonlyMap<unknown, string> = new Map(
  Object.entries(cborLabels).map(([label, number]) => [number, label]),
);

const decimalFractionTag = 4;

/**
 * The records of a SenML pack in CBOR, by their JSON labels. Reads the one shape a pack has, an array of maps of plain
 * values, token by token: depth costs no stack, a declared length no memory, and what does not end is an error.
 * @throws {Error} not CBOR, or another shape
 */
export function readCborPack(payload: Uint8Array): SenmlRecord[] {
  const tokens = new PackTokens(payload);
  const records: SenmlRecord[] = [];
  const count = tokens.begin(Type.array, 'an array of SenML records');
  for (let index = 0; index < count && !tokens.atBreak(count); index++) {
    records.push(readRecord(tokens));
  }
  tokens.end();
  return records;
}

function readRecord(tokens: PackTokens): SenmlRecord {
  // Without a prototype, so that no label can reach one.
  const record: Record<string, unknown> = Object.create(null);
  const count = tokens.begin(Type.map, 'a SenML record (a map)');
  for (let index = 0; index < count && !tokens.atBreak(count); index++) {
    const key = tokens.scalar();
    const label = labelOf.get(key) ?? (typeof key === 'string' ? key : `label ${String(key)}`);
    if (label in record) {
      throw new Error(`${label.slice(0, 32)} stands twice in a record`);
    }
    record[label] = tokens.scalar();
  }
  return record;
}

class PackTokens {
  readonly #tokenizer: Tokenizer;
  /** A token that was read ahead. */
  #next: Token | undefined;

  constructor(payload: Uint8Array) {
    // A plain view: cborg slices a Buffer the slow way.
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
    this.#tokenizer = new Tokenizer(bytes, { allowIndefinite: true, allowBigInt: true });
  }

  /** The declared length of an array or map; Infinity where it ends with a break. */
  begin(type: Type, what: string): number {
    const token = this.#take();
    if (token.type !== type) {
      throw new Error(`expected ${what}, found ${token.type.name}`);
    }
    return token.value as number;
  }

  /** Takes the break that ends an array or map of unknown length, where it stands next. */
  atBreak(count: number): boolean {
    if (count !== Number.POSITIVE_INFINITY) {
      return false;
    }
    const token = this.#take();
    if (token.type === Type.break) {
      return true;
    }
    this.#next = token;
    return false;
  }

  /** A number, text, bytes, true, false or null; a decimal fraction as its number (RFC 8428 §6). */
  scalar(): unknown {
    const token = this.#take();
    if (token.type === Type.tag && token.value === decimalFractionTag) {
      return this.#decimalFraction();
    }
    if (!token.type.terminal || token.type === Type.break) {
      throw new Error(`expected a plain value, found ${token.type.name}`);
    }
    return token.value;
  }

  end(): void {
    if (!this.#tokenizer.done()) {
      throw new Error('bytes follow the pack');
    }
  }

  #take(): Token {
    const ahead = this.#next;
    if (ahead !== undefined) {
      this.#next = undefined;
      return ahead;
    }
    if (this.#tokenizer.done()) {
      throw new Error('it ends in the middle of the pack');
    }
    return this.#tokenizer.next();
  }

  #decimalFraction(): number {
    const count = this.begin(Type.array, 'exponent and mantissa');
    const exponent = this.scalar();
    const mantissa = this.scalar();
    const areWhole = [exponent, mantissa].every((part) => typeof part === 'bigint' || Number.isInteger(part));
    if (count !== 2 || !areWhole) {
      throw new Error('a decimal fraction is not two whole numbers');
    }
    return Number(`${mantissa}e${exponent}`);
  }
}
