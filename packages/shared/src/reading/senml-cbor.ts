import { encode } from 'cborg';
import { messageOf } from '../error/index.js';
import { cborLabels, readCborPack } from './cbor-pack.js';
import type { Codec } from './codec.js';
import type { DecodedReading, Reading } from './reading.js';
import { readingsOfPack, type SenmlRecord, senmlSeconds, seqLabel, typeLabel } from './senml-pack.js';
import { malformed, notEmpty } from './valid-reading.js';

/** SenML in CBOR (RFC 8428 §6): the same packs, with whole numbers for labels. */
export const senmlCborCodec: Codec = {
  name: 'senml-cbor',
  title: 'the same in CBOR, labels as whole numbers (RFC 8428)',
  contentType: 'application/senml+cbor',

  encode(reading: Reading): Uint8Array {
    const record = new Map<number | string, unknown>([
      [cborLabels.n, reading.id],
      [cborLabels.u, reading.unit],
      [cborLabels.v, reading.value],
      [cborLabels.t, senmlSeconds(reading)],
      [seqLabel, reading.seq],
      [typeLabel, reading.type],
    ]);
    // In canonical order as they stand (RFC 8949 §4.2.1): to have them sorted takes as long as to encode them.
    return encode([record], { mapSorter: undefined });
  },

  decode(payload: Uint8Array, receivedAt?: number): DecodedReading[] {
    notEmpty(payload);
    let pack: SenmlRecord[];
    try {
      pack = readCborPack(payload);
    } catch (error) {
      throw malformed(`the payload is not a SenML pack in CBOR: ${messageOf(error)}`);
    }
    return readingsOfPack(pack, receivedAt);
  },

  /** An array: a first byte that no text begins with. */
  looksLike: (payload) => (payload[0] ?? 0) >= 0x80 && (payload[0] ?? 0) <= 0x9f,
};
