import type { GatewaySummary } from 'sensorsim-shared';
import type { ConditionEffects, HostConditions } from './conditions.js';
import type { GatewayLife } from './gateway-life.js';
import type { GatewayReport } from './host-messages.js';

export interface GatewayEvents {
  /** A life is ready for devices. */
  ready: [life: GatewayLife];
  /** A life has ended; where it is not `expected`, something is wrong. */
  exit: [life: GatewayLife];
  /** A few times a second while it runs and is not paused. */
  report: [report: GatewayReport];
  /** A line of the gateway's log, without its end. */
  log: [line: string];
}

/**
 * A gateway that a lab conducts, wherever it lives: it can be killed, paused and started again, the devices find it at the same
 * place, and what its lives have counted adds up. `kill`, `pause` and so on are called one after another.
 */
export interface GatewayControl {
  /** It runs and has been ready for devices; it may be paused. */
  readonly isUp: boolean;
  readonly isPaused: boolean;
  /** Every process so far, the present one last. */
  readonly lives: readonly GatewayLife[];
  /** The most memory that any life had at any time, bytes; 0: not known. */
  readonly peakRssBytes: number;
  /** What goes wrong around the gateway at present. */
  readonly conditions: HostConditions;
  /** What the conditions have touched in all lives together, as of the last report. */
  readonly effects: ConditionEffects;
  /** The last report of the process that runs; undefined while none runs. */
  status(): GatewayReport | undefined;
  /** Asks for a report now; undefined where it ends before, or does not run. */
  ask(): Promise<GatewayReport | undefined>;
  /** Changes what goes wrong around the gateway, from now on and in later lives. */
  setConditions(change: Partial<HostConditions>): void;
  /** Starts it again and again, a moment apart, while what it needs is away. @throws {SuiteError} what that does not mend */
  startPatiently(signal: AbortSignal): Promise<void>;
  /** Resolves once it has ended: SIGKILL at once, SIGTERM in order. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops it where it stands: sockets stay open and nothing is answered. */
  pause(): void | Promise<void>;
  resume(): void | Promise<void>;
  /** What all lives have counted so far, together. */
  summary(): GatewaySummary;
  /** Lets it finish in order. Idempotent. */
  stop(): Promise<GatewaySummary>;
  on<E extends keyof GatewayEvents>(event: E, listener: (...args: GatewayEvents[E]) => void): unknown;
}
