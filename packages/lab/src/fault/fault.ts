import type { z } from 'zod';
import type { GatewayControl } from '../host/gateway-control.js';
import type { LinkControl } from './link/link-control.js';

/** What a run has of the deployment that can break. */
export interface FaultStage {
  /** The lab's own gateway; undefined: the run plays against one that runs already. */
  readonly host: GatewayControl | undefined;
  /** The way between sensors and gateway; undefined: nothing can happen to it. */
  readonly link: LinkControl | undefined;
  /** The way between the lab's gateway and its Kafka; undefined: the topic is an embedded one. */
  readonly kafka: LinkControl | undefined;
}

/**
 * What a fault needs to be played: the lab's own `gateway`, one with a `spool`, a `link` between sensors and gateway. Who
 * composes a run brings the relays along where a fault needs them.
 */
export type FaultNeed = 'gateway' | 'spool' | 'link';

/** What a fault acts on. Two faults cannot act on one thing at a time. */
export type FaultObject =
  | 'gateway process'
  | 'gateway clock'
  | 'spool disk'
  | 'topic'
  | 'speed of the topic'
  | 'link'
  | 'speed of the link'
  | 'soundness of the link';

/** How something stood at a moment, to tell later what has changed. */
export interface FaultMark {
  /** Counts what the fault has touched: it has had an effect once this differs. */
  readonly touched: number;
  /** Connections that stood. */
  readonly connections: number;
}

/** What a fault is played with. */
export interface FaultContext<Parameters = Readonly<Record<string, unknown>>> extends FaultStage {
  readonly parameters: Parameters;
  /** Aborted once the run ends, whatever still stands then. */
  readonly ending: AbortSignal;
}

/**
 * One way in which the deployment breaks. A new one is a file here and a line in `index.ts`; help, check and docs follow
 * from it.
 */
export interface Fault {
  /** Part and problem, as `gateway.kill`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What is to be seen while it lasts, and after. */
  readonly signal: string;
  /** Every parameter has a default and a description that names the unit. Their times pass at the machine's pace. */
  readonly parameters: z.ZodObject;
  /** How long it lasts where nothing is said, ms. */
  readonly forMs: number;
  readonly needs: readonly FaultNeed[];
  /** How it is played on containers (`run --on compose`), or why it cannot be there. */
  readonly onContainers: { readonly plays: string } | { readonly cannot: string };
  /** What it breaks is the lab's own gateway, or what that stands on. */
  readonly ownGateway: boolean;
  readonly object: FaultObject;
  /** Begins it; resolves once it acts. */
  start(context: FaultContext): void | Promise<void>;
  /** Ends it; resolves once what was broken is mended as far as this fault goes. Nothing of it may stand after. */
  stop(context: FaultContext): void | Promise<void>;
  /** Counts what it has touched so far. */
  touched(stage: FaultStage): number;
  /** Whether all is as before, once it has ended. */
  isRecovered(stage: FaultStage, before: FaultMark): boolean;
}

type TypedFault<Schema extends z.ZodObject> = Omit<Fault, 'parameters' | 'start' | 'stop' | 'ownGateway'> & {
  readonly parameters: Schema;
  start(context: FaultContext<z.infer<Schema>>): void | Promise<void>;
  stop(context: FaultContext<z.infer<Schema>>): void | Promise<void>;
};

/** Ties a fault to its own parameters, then hides them, so that faults fit one registry. */
export function defineFault<Schema extends z.ZodObject>(fault: TypedFault<Schema>): Fault {
  const ownGateway = fault.needs.some((need) => need !== 'link');
  return { ...fault, ownGateway } as unknown as Fault;
}
