import type { Codec } from './codec.js';
import { CodecRegistry, type DecodedPayload, type PayloadFormat } from './codec-registry.js';
import { jsonCodec } from './json.js';
import { legacyJsonCodec } from './legacy-json.js';
import { senmlCodec } from './senml.js';
import { senmlCborCodec } from './senml-cbor.js';
import { textCodec } from './text.js';

export type { Codec } from './codec.js';
export type { DecodedPayload, PayloadFormat } from './codec-registry.js';
export { legacyTimestampMs } from './legacy-time.js';
export { type DecodedReading, idPattern, type Reading, typePattern } from './reading.js';

/** Every payload format, in the order in which a payload of unknown format is tried. */
export const codecs: readonly Codec[] = [jsonCodec, legacyJsonCodec, senmlCodec, senmlCborCodec, textCodec];

const registry = new CodecRegistry(codecs);

/**
 * The codec of a name, as `--format` takes it.
 * @throws {SuiteError} CONFIG_INVALID: no such format, with the nearest that exists
 */
export const codecByName = (name: string): Codec => registry.byName(name);

/** The first codec of a content type; its parameters and case do not matter. */
export const codecByContentType = (contentType: string): Codec | undefined =>
  registry.byContentType(contentType);

/** The first codec that a payload looks like. */
export const detectCodec = (payload: Uint8Array): Codec | undefined => registry.detect(payload);

/**
 * Decodes a payload by the named codec, else by its content type, else by what it looks like.
 * @throws {SuiteError} DECODE_EMPTY, DECODE_MALFORMED, DECODE_INVALID; nothing else, whatever the payload
 */
export const decodePayload = (payload: Uint8Array, format?: PayloadFormat): DecodedPayload =>
  registry.decode(payload, format);
