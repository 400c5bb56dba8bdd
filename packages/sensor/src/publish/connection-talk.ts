import type { Clock } from 'sensorsim-shared';
import type { ConnectionEnd } from './connection-contract.js';

export interface ConnectionTalkOptions {
  /** All gateways, for people. */
  readonly target: string;
  readonly connectionCount: number;
  /** Machine time. */
  readonly machine: Clock;
  /** A line for people. */
  readonly log: (line: string) => void;
}

/** Gateways whose absence is remembered as said; names of containers may change without end. */
const mostSaidAway = 256;
/** With thousands of connections one line each would drown everything else. */
const lostEveryMs = 5_000;

/** What people are told of a fleet's connections: a few lines, however many connections there are. */
export class ConnectionTalk {
  readonly #options: ConnectionTalkOptions;
  /** Gateways that were said to be away, and have not been seen since. */
  readonly #saidAway = new Set<string>();
  #saidUnreachable = false;
  #saidLostAt = Number.NEGATIVE_INFINITY;
  #lostSinceSaid = 0;

  constructor(options: ConnectionTalkOptions) {
    this.#options = options;
  }

  /** @param again it had stood before @param isLast now all connections stand */
  opened(gateway: string, { again, isLast }: { again: boolean; isLast: boolean }): void {
    const { log, target } = this.#options;
    this.#saidAway.delete(gateway);
    if (isLast && (this.#saidUnreachable || this.#lostSinceSaid > 0)) {
      log(`connected to ${target}${again ? ' again' : ''}`);
      this.#saidUnreachable = false;
      this.#lostSinceSaid = 0;
    }
  }

  /** A connection goes to another gateway; said once for each that is away, however many connections turn to others. */
  turnedAway(gateway: string, reason: string): void {
    if (!this.#saidAway.has(gateway)) {
      if (this.#saidAway.size >= mostSaidAway) {
        this.#saidAway.clear();
      }
      this.#saidAway.add(gateway);
      this.#options.log(`cannot reach ${gateway}: ${reason}; its connections go to others`);
    }
  }

  /** No connection has ever stood. */
  unreachable(reason: string): void {
    const { log, target } = this.#options;
    if (this.#saidUnreachable) {
      return;
    }
    this.#saidUnreachable = true;
    log(`cannot reach ${target}: ${reason}; trying on`);
    // A reason that names flags needs no further advice.
    if (!reason.includes('--')) {
      log(
        '  Is a broker running there? `npm start` in the suite, or `mosquitto`, starts one; -h and -p name another.',
      );
    }
  }

  lost(clientId: string, { reason, gateway, moves }: ConnectionEnd): void {
    const { log, machine, connectionCount } = this.#options;
    this.#lostSinceSaid++;
    if (machine.now() - this.#saidLostAt > lostEveryMs) {
      this.#saidLostAt = machine.now();
      const which = connectionCount === 1 ? '' : ` (${clientId}, maybe more)`;
      log(
        `connection to ${gateway?.url} lost${which}: ${reason}; ${moves ? 'going to others' : 'trying on'}`,
      );
    }
  }
}
