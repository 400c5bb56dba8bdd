import { createHash } from 'node:crypto';
import type { TruthRow } from 'sensorsim-shared';
import type { AuditedRecord, LostReadings } from './audit.js';

/** What a dead letter says whose payload was cut, so that its hash is another. */
const cutPayloadCode = 'DECODE_TOO_LARGE';

/** What a row claims of such a message. */
export interface AlteredClaim {
  readonly id: string;
  readonly seq: number;
  readonly connection: string;
  readonly acknowledged: boolean;
  arrived: boolean;
}

/** Its claim was met before; and a mark explains that, its own or that of the first one. */
export type AlteredCopy = 'copy' | 'marked copy';

/**
 * Messages whose payload is not what the device's reading encodes to, so that they are found by its hash; equal ones one after the
 * other. Memory is O(such messages), of which the caps of the patterns allow few.
 */
export class AlteredClaims {
  readonly #byHash = new Map<string, Queue>();
  readonly #byConnection = new Map<string, Queue>();
  #acknowledged = 0;

  get acknowledged(): number {
    return this.#acknowledged;
  }

  claim({ id, seq, connection, outcome }: TruthRow, payloadHash: string): void {
    const acknowledged = outcome === 'acknowledged';
    this.#acknowledged += acknowledged ? 1 : 0;
    const claim = { id, seq, connection, acknowledged, arrived: false };
    queueOf(this.#byHash, `${connection}\n${payloadHash}`).claims.push(claim);
    queueOf(this.#byConnection, connection).claims.push(claim);
  }

  /**
   * Notes a record.
   * @returns the claim that it meets, or that it is a copy; undefined: the record is none of these
   */
  arrived({ value, clientId, errorCode, marked }: AuditedRecord): AlteredClaim | AlteredCopy | undefined {
    if (this.#byHash.size === 0) {
      return undefined;
    }
    const hash = createHash('sha256').update(value).digest('hex').slice(0, 16);
    const queue = this.#byHash.get(`${clientId}\n${hash}`);
    const claim =
      take(queue) ?? (errorCode === cutPayloadCode ? take(this.#byConnection.get(clientId)) : undefined);
    if (queue === undefined) {
      return claim;
    }
    queue.marks += marked ? 1 : 0;
    if (claim !== undefined) {
      return claim;
    }
    if (queue.marks === 0) {
      return 'copy';
    }
    queue.marks--;
    return 'marked copy';
  }

  *lost(): Generator<LostReadings> {
    for (const { claims } of this.#byConnection.values()) {
      for (const { id, seq, connection, acknowledged, arrived } of claims) {
        if (acknowledged && !arrived) {
          yield { id, connection, fromSeq: seq, toSeq: seq };
        }
      }
    }
  }
}

interface Queue {
  readonly claims: AlteredClaim[];
  /** Those before it have arrived. */
  next: number;
  /** Arrivals marked as sent again, less the copies that they explain. */
  marks: number;
}

function queueOf(map: Map<string, Queue>, key: string): Queue {
  const known = map.get(key) ?? { claims: [], next: 0, marks: 0 };
  map.set(key, known);
  return known;
}

/** The next that has not arrived. All calls together are O(claims). */
function take(queue: Queue | undefined): AlteredClaim | undefined {
  while (queue?.claims[queue.next]?.arrived === true) {
    queue.next++;
  }
  const claim = queue?.claims[queue.next];
  if (claim !== undefined) {
    claim.arrived = true;
  }
  return claim;
}
