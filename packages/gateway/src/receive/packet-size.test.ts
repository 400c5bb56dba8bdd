import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PacketSize } from './packet-size.js';
import { mqttPacket } from './raw-mqtt.fixture.js';

const limit = 1_000;
const packets = fc.array(
  fc.nat({ max: limit - 3 }).map((bytes) => mqttPacket.publish('t', Buffer.alloc(bytes))),
  { minLength: 1, maxLength: 20 },
);

/** Cut at the places given, as a network would. */
function chunks(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

it('accepts packets up to the limit, however they are cut', () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
      const sizes = new PacketSize(limit);
      expect(chunks(Buffer.concat(sent), cuts).every((chunk) => sizes.accepts(chunk))).toBe(true);
    }),
  );
});

it('refuses a larger packet as soon as its length is there, wherever it stands', () => {
  fc.assert(
    fc.property(packets, fc.integer({ min: limit - 2, max: 5_000 }), (sent, bytes) => {
      const sizes = new PacketSize(limit);
      expect(sizes.accepts(Buffer.concat(sent))).toBe(true);
      expect(sizes.accepts(mqttPacket.publish('t', Buffer.alloc(bytes)).subarray(0, 3))).toBe(false);
    }),
  );
});

it('refuses a length of more than four bytes', () => {
  expect(new PacketSize(limit).accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
});
