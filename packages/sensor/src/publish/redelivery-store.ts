import { type Packet, Store } from 'mqtt';

/**
 * MQTT.js keeps a copy of each unconfirmed packet here, and sends the copies after a reconnect without saying so; the
 * standard wants it said [MQTT-3.3.1-1].
 */
export class RedeliveryStore extends Store {
  override put(packet: Packet, done: () => void): this {
    if (packet.cmd === 'publish') {
      packet.dup = true;
    }
    return super.put(packet, done);
  }
}
