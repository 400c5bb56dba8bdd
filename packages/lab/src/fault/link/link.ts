import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { LinkControl } from './link-control.js';
import { LinkFlow } from './link-flow.js';
import { readTarget } from './read-target.js';

/** What a link does to the bytes that pass. Nothing set: they pass at once. */
export interface LinkQuality {
  /** Added to every byte's way, in each direction, ms; default 0. */
  readonly latencyMs?: number | undefined;
  /** Added to that, drawn anew for each piece from 0 to this, ms; bytes keep their order. Default 0. */
  readonly jitterMs?: number | undefined;
  /** Of each direction of each connection; absent: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** Of each direction of all connections together, as on one line; absent: as fast as it goes. */
  readonly lineBytesPerSecond?: number | undefined;
  /** Chance that a piece (up to 64 KiB) waits as long as `stallMs`, as after a lost packet that TCP sends again; default 0. */
  readonly stallChance?: number | undefined;
  readonly stallMs?: number | undefined;
  /** Chance that a piece is the last one, and the connection is reset; default 0. */
  readonly resetChance?: number | undefined;
}

/** Which bytes stand still: towards the server, towards the client, or both. */
export type Held = 'none' | 'to-server' | 'to-client' | 'both';

export interface LinkAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Where a link leads: a port of 127.0.0.1, an address, or wherever the client says in its first line (`host:port` and a line
 * feed), which is not passed on.
 */
export type LinkTarget = number | LinkAddress | 'named-by-client';

/** A place for a direction of a link: when what was sent last has left. */
export interface Line {
  freeAt: number;
}

/**
 * A TCP connection's way through a network that can fail: listens on a port of its own of 127.0.0.1 and passes everything on
 * to a target. TCP loses no bytes, so that loss shows as it does to programs: waiting, and connections that break.
 */
export class Link implements LinkControl {
  quality: LinkQuality = {};
  held: Held = 'none';
  /** Connections opened so far. */
  opened = 0;
  /** Connections that the link broke, or would not open, so far. */
  broken = 0;
  /** Pieces of bytes that the link delayed, so far. */
  delayed = 0;
  readonly lines: Readonly<Record<'to-server' | 'to-client', Line>> = {
    'to-server': { freeAt: 0 },
    'to-client': { freeAt: 0 },
  };
  readonly #target: LinkTarget;
  readonly #random: () => number;
  readonly #pairs = new Set<LinkPair>();
  /** Clients that have not said yet where they want to go. */
  readonly #strangers = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isCut = false;

  /** @param random of [0, 1), for jitter, stalls and resets */
  constructor(target: LinkTarget, random: () => number) {
    this.#target = target;
    this.#random = random;
  }

  /** @param port where it listens on 127.0.0.1; 0: any free one */
  async start(port = 0): Promise<void> {
    // Half-open, so that an end in one direction is passed on and nothing more.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Where it listens; the same after `refuse`. */
  get port(): number {
    return this.#port;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Breaks every connection, and every new one at once, until `restore`. */
  cut(): void {
    this.#isCut = true;
    this.reset();
  }

  /** New connections pass again after `cut`. */
  mend(): void {
    this.#isCut = false;
  }

  /** Breaks every connection; new ones are refused, as where no program listens, until `admit`. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const closed = new Promise((resolve) => server.close(resolve));
      this.reset();
      await closed;
    }
  }

  /** Listens again where it did. @throws {Error} EADDRINUSE: another program took the port meanwhile */
  async admit(): Promise<void> {
    if (this.#server === undefined) {
      await this.start(this.#port);
    }
  }

  /** Breaks every connection; new ones pass. */
  reset(): void {
    for (const socket of this.#strangers) {
      socket.resetAndDestroy();
    }
    for (const pair of this.#pairs) {
      pair.reset();
    }
  }

  /** Bytes stand still, and nobody is told; they go on after `restore`. */
  hold(held: Held): void {
    this.held = held;
    this.#wake();
  }

  /** From now on; what is under way keeps its time, unless nothing delays any more. */
  setQuality(quality: LinkQuality): void {
    this.quality = quality;
    this.#freeLines();
    this.#wake();
  }

  /**
   * The connections of now are forgotten, as by a router that has lost its table: neither side is told, no byte passes any more,
   * also after `restore`. New ones pass.
   */
  forget(): void {
    for (const pair of this.#pairs) {
      pair.forgotten = true;
    }
  }

  /** Everything passes again, at once and without loss; what refuses goes on refusing until `admit`. */
  restore(): void {
    this.#isCut = false;
    this.quality = {};
    this.held = 'none';
    this.#freeLines();
    this.#wake();
  }

  /** Breaks every connection and listens no more. Idempotent. */
  stop(): Promise<void> {
    return this.refuse();
  }

  /** What was delayed before waits no longer in front of what comes. */
  #freeLines(): void {
    this.lines['to-server'].freeAt = 0;
    this.lines['to-client'].freeAt = 0;
  }

  #wake(): void {
    for (const pair of this.#pairs) {
      pair.wake();
    }
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#isCut) {
      this.broken++;
      client.resetAndDestroy();
    } else if (this.#target === 'named-by-client') {
      this.#strangers.add(client);
      client.once('close', () => this.#strangers.delete(client));
      readTarget(client, (target) => {
        this.#strangers.delete(client);
        this.#connect(client, target);
      });
    } else {
      const target = this.#target;
      this.#connect(client, typeof target === 'number' ? { host: '127.0.0.1', port: target } : target);
    }
  }

  #connect(client: Socket, { host, port }: LinkAddress): void {
    this.opened++;
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const pair = new LinkPair(this, { client, server, random: this.#random });
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.once('close', () => {
        pair.broken = true;
        pair.wake();
        if (client.destroyed && server.destroyed) {
          this.#pairs.delete(pair);
        }
      });
    }
  }
}

interface Ends {
  readonly client: Socket;
  readonly server: Socket;
  readonly random: () => number;
}

/** The two halves of one connection. */
class LinkPair {
  forgotten = false;
  /** One side has closed; the other is told as soon as something can pass. */
  broken = false;
  readonly #link: Link;
  readonly #ends: Ends;
  readonly #flows: readonly LinkFlow[];

  constructor(link: Link, ends: Ends) {
    this.#link = link;
    this.#ends = ends;
    const { client, server, random } = ends;
    const flow = (from: Socket, to: Socket, side: 'to-server' | 'to-client'): LinkFlow =>
      new LinkFlow({
        from,
        to,
        random,
        line: link.lines[side],
        quality: () => link.quality,
        held: () => this.forgotten || link.held === 'both' || link.held === side,
        delayed: () => {
          link.delayed++;
        },
        reset: () => this.reset(),
      });
    this.#flows = [flow(client, server, 'to-server'), flow(server, client, 'to-client')];
  }

  reset(): void {
    const sockets = [this.#ends.client, this.#ends.server].filter((socket) => !socket.destroyed);
    if (sockets.length === 2) {
      this.#link.broken++;
    }
    for (const socket of sockets) {
      socket.resetAndDestroy();
    }
    for (const flow of this.#flows) {
      flow.stop();
    }
  }

  wake(): void {
    if (this.broken && !this.forgotten && this.#link.held === 'none') {
      this.reset();
    }
    for (const flow of this.#flows) {
      flow.wake();
    }
  }
}
