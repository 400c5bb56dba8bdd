import { didYouMean } from '../config/suggest.js';
import { SuiteError } from '../error/index.js';
import type { Codec } from './codec.js';
import type { DecodedReading } from './reading.js';

/** What is known of a payload's format besides its bytes. */
export interface PayloadFormat {
  /** The format itself, as a topic rule names it: then nothing else is tried. */
  readonly codec?: Codec | undefined;
  /** MQTT 5 content type. Parameters (`; charset=utf-8`) and case do not matter; one that no format has is as none. */
  readonly contentType?: string | undefined;
  /** Machine time of arrival, ms since the epoch, for formats with relative times; absent: now. */
  readonly receivedAt?: number | undefined;
}

export interface DecodedPayload {
  readonly codec: Codec;
  /** At least one. */
  readonly readings: DecodedReading[];
}

/** The ways to a codec. */
export class CodecRegistry {
  readonly #codecs: readonly Codec[];
  readonly #byName: ReadonlyMap<string, Codec>;
  readonly #byContentType: ReadonlyMap<string, readonly Codec[]>;

  /** @param codecs in the order in which a payload of unknown format is tried */
  constructor(codecs: readonly Codec[]) {
    this.#codecs = codecs;
    this.#byName = new Map(codecs.map((codec) => [codec.name, codec]));
    this.#byContentType = new Map(
      codecs.map(({ contentType }) => [
        contentType,
        codecs.filter((codec) => codec.contentType === contentType),
      ]),
    );
  }

  /** @throws {SuiteError} CONFIG_INVALID: no such format, with the nearest that exists */
  byName(name: string): Codec {
    const codec = this.#byName.get(name);
    if (codec === undefined) {
      const names = [...this.#byName.keys()];
      throw new SuiteError('CONFIG_INVALID', `"${name}" is not a payload format${didYouMean(name, names)}`, {
        hint: `The formats are ${names.join(', ')}.`,
      });
    }
    return codec;
  }

  /** The first codec of a content type. */
  byContentType(contentType: string): Codec | undefined {
    return this.#candidates(contentType)?.[0];
  }

  /** The first codec that a payload looks like. */
  detect(payload: Uint8Array): Codec | undefined {
    return this.#codecs.find((codec) => codec.looksLike(payload));
  }

  /**
   * Decodes by the named codec, else by the content type, else by what the payload looks like.
   * @throws {SuiteError} DECODE_EMPTY, DECODE_MALFORMED, DECODE_INVALID; nothing else, whatever the payload
   */
  decode(payload: Uint8Array, format: PayloadFormat = {}): DecodedPayload {
    const codec = format.codec ?? this.#choose(payload, format.contentType);
    return { codec, readings: codec.decode(payload, format.receivedAt) };
  }

  #choose(payload: Uint8Array, contentType: string | undefined): Codec {
    if (payload.length === 0) {
      throw new SuiteError('DECODE_EMPTY', 'the payload is empty');
    }
    const candidates = contentType === undefined ? undefined : this.#candidates(contentType);
    // With candidates, the first one says what is wrong; without, there is none to say it.
    const codec =
      candidates === undefined
        ? this.detect(payload)
        : (candidates.find((candidate) => candidate.looksLike(payload)) ?? candidates[0]);
    if (codec === undefined) {
      const names = this.#codecs.map(({ name }) => name).join(', ');
      throw new SuiteError('DECODE_MALFORMED', `the payload looks like none of the formats ${names}`);
    }
    return codec;
  }

  #candidates(contentType: string): readonly Codec[] | undefined {
    return (
      this.#byContentType.get(contentType) ??
      this.#byContentType.get((contentType.split(';', 1)[0] as string).trim().toLowerCase())
    );
  }
}
