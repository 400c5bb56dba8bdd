import { MemorySink } from './forward/memory-sink.js';
import { Gateway } from './gateway.js';
import { testOptions } from './options.fixture.js';
import type { GatewayOptions } from './options.js';

/** Things that a test opened and that are closed after it, last first. */
export class Opened {
  readonly #things: { end(): unknown }[] = [];
  /** The gateway made last, perhaps still starting. */
  last: Gateway | undefined;

  add<T extends { end(): unknown }>(thing: T): T {
    this.#things.push(thing);
    return thing;
  }

  async closeAll(): Promise<void> {
    for (const thing of this.#things.splice(0).reverse()) {
      await thing.end();
    }
  }

  /** A running gateway over a sink in memory, with the URL of its first listener. */
  async gateway(
    sink: MemorySink,
    settings: Partial<GatewayOptions> = {},
  ): Promise<{ gateway: Gateway; url: string }> {
    const gateway = new Gateway(testOptions(settings), { sink });
    this.last = gateway;
    this.add({ end: () => gateway.stop() });
    await gateway.start();
    return { gateway, url: gateway.addresses[0] as string };
  }
}

/** Waits, turn by turn of the event loop, until something is so. The test's own timeout bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A reading of the suite's own format. */
export function readingJson(seq = 0, id = 'temp-0001'): string {
  return `{"id":"${id}","type":"temperature","value":21.34,"unit":"Cel","ts":${1_700_000_000_000 + seq},"seq":${seq}}`;
}

export { MemorySink };
