import type { Client } from 'aedes';
import { SuiteError } from 'sensorsim-shared';
import type { SessionStore } from './session-store.js';

/** A client sends a message again on a new connection; more copies than this in one flight are no honest client's. */
const maxCopiesInFlight = 16;

type Acknowledge = (error?: SuiteError) => void;

interface Waiting {
  readonly client: Client;
  readonly acknowledge: Acknowledge;
}

/**
 * QoS 2: a packet id that a session has in flight, or that is stored until its PUBREL, is the same message sent again
 * (MQTT 3.1.1 §4.3.3). It is acknowledged with the first one and not forwarded a second time, also when it comes on a new
 * connection of the same session.
 */
export class ExactlyOnce {
  readonly #store: SessionStore;
  /** By session: the client id of a persistent one, the connection of a clean one. */
  readonly #inFlight = new Map<Client | string, Map<number, Waiting[]>>();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** Calls `forward` with the function that ends the flight, unless the message was taken before. */
  take(
    client: Client,
    packetId: number,
    acknowledge: Acknowledge,
    forward: (acknowledge: Acknowledge) => void,
  ): void {
    const session = client.clean ? client : client.id;
    let flights = this.#inFlight.get(session);
    if (flights === undefined) {
      flights = new Map();
      this.#inFlight.set(session, flights);
    }
    const flight = flights.get(packetId);
    if (flight !== undefined) {
      if (flight.length < maxCopiesInFlight) {
        flight.push({ client, acknowledge });
      } else {
        acknowledge(new SuiteError('GATEWAY_PACKET_REPEATED', `packet id ${packetId} came too often`));
      }
      return;
    }
    flights.set(packetId, [{ client, acknowledge }]);
    const land: Acknowledge = (error) => this.#land(session, packetId, error);
    this.#store.incomingGetPacket(client, { messageId: packetId }).then(
      () => land(),
      () => forward(land),
    );
  }

  #land(session: Client | string, packetId: number, error: SuiteError | undefined): void {
    const flights = this.#inFlight.get(session);
    const waiting = flights?.get(packetId) ?? [];
    flights?.delete(packetId);
    if (flights?.size === 0) {
      this.#inFlight.delete(session);
    }
    const open = waiting.filter(({ client }) => !client.closed);
    // aedes stores the id even for a connection that is gone: right for a session that will come back, a leak for another.
    const answered = open.length > 0 ? open : waiting.filter(({ client }) => !client.clean).slice(-1);
    answered.forEach(({ acknowledge }, index) => {
      if (index === 0) {
        acknowledge(error);
      } else {
        // After aedes has stored the id for the first, so that it is not relayed twice.
        setImmediate(acknowledge, error);
      }
    });
  }
}
