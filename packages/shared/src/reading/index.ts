import type { Codec } from './codec.js';
import { jsonCodec } from './json.js';

export type { Codec } from './codec.js';
export { type DecodedReading, idPattern, type Reading, typePattern } from './reading.js';

/** Every payload format, in the order in which an unknown payload is tried. */
export const codecs: readonly Codec[] = [jsonCodec];
