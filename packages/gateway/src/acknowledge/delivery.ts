import type { SuiteError } from 'sensorsim-shared';
import type { ReceivedMessage } from '../receive/receiver.js';

/** Why a record was dropped whose sender was told on arrival that it is taken (`--ack receive`): it is lost. */
export const lostReason = 'acknowledged-not-safe';

/** A message on its way: how many of its records are not yet safe, and whether its promise was given. */
export class Delivery {
  readonly message: ReceivedMessage;
  /** Machine time at which its records were handed to the sink, ms. */
  readonly handedAt: number;
  /** A sender was told that its message is taken. */
  promised = false;
  #open: number;
  #error: SuiteError | undefined;

  constructor(message: ReceivedMessage, records: number, handedAt: number) {
    this.message = message;
    this.#open = records;
    this.handedAt = handedAt;
  }

  /** One record's fate is known. True when it was the last one. */
  settle(error: SuiteError | undefined): boolean {
    this.#error ??= error;
    this.#open--;
    return this.#open === 0;
  }

  /** Answers the sender, unless nothing is owed or it has its answer. True where a promise was given. */
  answer(): boolean {
    const { acknowledge } = this.message;
    if (this.promised || acknowledge === undefined) {
      return false;
    }
    this.promised = this.#error === undefined;
    acknowledge(this.#error);
    return this.promised;
  }
}
