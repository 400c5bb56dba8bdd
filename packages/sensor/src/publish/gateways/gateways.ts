import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Clock, messageOf } from 'sensorsim-shared';
import type { BrokerAddress } from '../broker-address.js';
import { connectFailure } from '../connect-failure.js';
import { isNear } from '../remote-guard.js';
import { type Candidate, candidatesOf } from './candidate.js';

export interface GatewaysOptions {
  /** One or more. */
  readonly addresses: readonly BrokerAddress[];
  /** Whether addresses that are neither on this machine nor in a private network count. */
  readonly allowRemote: boolean;
  /** Machine time. */
  readonly machine: Clock;
  /** All addresses of a name; absent: the machine's resolver, as for any program (hosts file, DNS). */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** What can be connected to at present. */
export interface Found {
  readonly candidates: readonly Candidate[];
  /** Why there is none; absent: there is one. */
  readonly problem?: string;
}

/** How long an answer of the resolver is good: thousands of connections that come back at once ask it once. */
const freshMs = 1_000;
/** How long a slow resolver holds up a connection while there are answers from before. */
const patienceMs = 500;

interface Name {
  readonly host: string;
  resolved: readonly LookupAddress[];
  problem: string | undefined;
}

/** The gateways that the URLs name, as the resolver tells them at the moment: containers come, go and change their addresses. */
export class Gateways {
  readonly #options: GatewaysOptions;
  readonly #names: readonly Name[];
  #found: Found = { candidates: [] };
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Who waits for an answer; undefined: none has been asked for. */
  #waiting: ((found: Found) => void)[] | undefined;
  /** That takes longer than anybody should wait. */
  #overdue = false;

  constructor(options: GatewaysOptions) {
    this.#options = options;
    const hosts = new Set(options.addresses.map(({ host }) => host).filter((host) => !isAddress(host)));
    this.#names = [...hosts].map((host) => ({ host, resolved: [], problem: undefined }));
    this.#combine();
  }

  /** Those known, which may be none; asks for newer ones where these are old. For who cannot wait. */
  latest(): readonly Candidate[] {
    this.use(() => {});
    return this.#found.candidates;
  }

  /** Calls back with those of the last second: at once where they are known, else when they are. Once, without an error. */
  use(callback: (found: Found) => void): void {
    const { machine } = this.#options;
    if (this.#waiting !== undefined && !this.#overdue) {
      this.#waiting.push(callback);
    } else if (this.#waiting !== undefined) {
      callback(this.#found);
    } else if (this.#names.length === 0 || machine.now() - this.#askedAt < freshMs) {
      callback(this.#found);
    } else {
      this.#ask(callback);
    }
  }

  #ask(callback: (found: Found) => void): void {
    const { machine } = this.#options;
    const waiting = [callback];
    this.#waiting = waiting;
    const answer = (): void => {
      for (const tell of waiting.splice(0)) {
        tell(this.#found);
      }
    };
    const impatience =
      this.#found.candidates.length === 0
        ? undefined
        : machine.wake(machine.now() + patienceMs, () => {
            this.#overdue = true;
            answer();
          });
    void Promise.all(this.#names.map((name) => this.#resolve(name))).then(() => {
      impatience?.cancel();
      this.#combine();
      this.#askedAt = machine.now();
      this.#waiting = undefined;
      this.#overdue = false;
      answer();
    });
  }

  async #resolve(name: Name): Promise<void> {
    const { allowRemote, resolve = machineResolver } = this.#options;
    try {
      const all = await resolve(name.host);
      name.resolved = allowRemote ? all : all.filter(({ address }) => isNear(address));
      name.problem =
        name.resolved.length > 0
          ? undefined
          : all.length === 0
            ? `${name.host} has no address`
            : `${name.host} is no longer on this machine or a private network`;
    } catch (error) {
      // Addresses from before may be other programs' by now.
      name.resolved = [];
      name.problem = error instanceof Error ? connectFailure(error) : messageOf(error);
    }
  }

  #combine(): void {
    const byKey = new Map<string, Candidate>();
    for (const address of this.#options.addresses) {
      const name = this.#names.find(({ host }) => host === address.host);
      for (const candidate of candidatesOf(address, name?.resolved)) {
        if (!byKey.has(candidate.key)) {
          byKey.set(candidate.key, candidate);
        }
      }
    }
    const problem = byKey.size > 0 ? undefined : this.#names.find((name) => name.problem !== undefined);
    this.#found = {
      candidates: [...byKey.values()],
      ...(problem?.problem !== undefined && { problem: problem.problem }),
    };
  }
}

/** The resolver's own order: its first address is of the family that this machine does best with (RFC 6724). */
function machineResolver(host: string): Promise<LookupAddress[]> {
  return lookup(host, { all: true, verbatim: true });
}

function isAddress(host: string): boolean {
  return isIP(host.replace(/%.*$/, '')) !== 0;
}
