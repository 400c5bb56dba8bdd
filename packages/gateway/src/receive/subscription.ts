import type { Receiver } from './receiver.js';
export class Subscription implements Receiver {
  readonly addresses: string[] = [];
  readonly notReady = undefined;
  readonly connections = 0;
  constructor(_: unknown) {}
  async start() {}
  drain() {}
  async stop() {}
}
