import type { Client } from 'aedes';
import createPersistence from 'aedes-persistence';

const maxQueuedMessages = 1_000;
const maxQueuedPayloadBytes = 64 * 1024;
const maxRetainedMessages = 10_000;
const maxRetainedBytes = 16 * 1024 * 1024;
const nothing = Buffer.alloc(0);

/** A packet as aedes hands it to its store. */
interface StoredPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly messageId?: number;
}

/** The part of aedes' store that we look into or bound. */
export interface SessionStore {
  /** Rejects where the packet id is not stored. */
  incomingGetPacket(client: Client, packet: { readonly messageId?: number }): Promise<unknown>;
  incomingStorePacket(client: Client, packet: StoredPacket): Promise<void>;
  storeRetained(packet: StoredPacket): Promise<void>;
  outgoingEnqueueCombi(subscriptions: readonly object[], packet: StoredPacket): Promise<void>;
  /** The packet that was queued, if it was. */
  outgoingClearMessageId(client: Client, packet: StoredPacket): Promise<object | undefined>;
}

/**
 * What the embedded broker remembers, in memory and bounded. Of a QoS 2 message only its packet id: its payload is safe at
 * the sink by then. Of retained messages no more than 10,000 and 16 MiB; what is beyond is relayed, but not retained. For
 * subscribers with a persistent session 1,000 messages in all, none above 64 KiB.
 */
export function createSessionStore(): SessionStore {
  // Its types describe the store, but not the function that makes one.
  const store = (createPersistence as unknown as () => SessionStore)();
  const storeIncoming = store.incomingStorePacket.bind(store);
  store.incomingStorePacket = (client, packet) => storeIncoming(client, { ...packet, payload: nothing });

  boundRetained(store);
  boundQueued(store);
  return store;
}

function boundRetained(store: SessionStore): void {
  const storeRetained = store.storeRetained.bind(store);
  const retainedBytes = new Map<string, number>();
  let totalBytes = 0;
  store.storeRetained = async (packet) => {
    const before = retainedBytes.get(packet.topic) ?? 0;
    const bytes = packet.payload.length;
    const bytesAfter = totalBytes - before + bytes;
    if (
      bytes > 0 &&
      (bytesAfter > maxRetainedBytes || (before === 0 && retainedBytes.size >= maxRetainedMessages))
    ) {
      return;
    }
    totalBytes = bytesAfter;
    // An empty payload deletes what was retained (MQTT 3.1.1 §3.3.1.3).
    if (bytes === 0) {
      retainedBytes.delete(packet.topic);
    } else {
      retainedBytes.set(packet.topic, bytes);
    }
    await storeRetained(packet);
  };
}

function boundQueued(store: SessionStore): void {
  const enqueue = store.outgoingEnqueueCombi.bind(store);
  const clear = store.outgoingClearMessageId.bind(store);
  let queued = 0;
  store.outgoingEnqueueCombi = async (subscriptions, packet) => {
    const places = packet.payload.length > maxQueuedPayloadBytes ? 0 : maxQueuedMessages - queued;
    const taken = subscriptions.slice(0, places);
    queued += taken.length;
    await enqueue(taken, packet);
  };
  store.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet);
    if (cleared !== undefined) {
      queued--;
    }
    return cleared;
  };
}
