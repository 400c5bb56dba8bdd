import type { GatewayOptions, GatewaySnapshot } from 'sensorsim-gateway';
import type { PlainError } from 'sensorsim-shared';
import type { ConditionEffects, HostConditions } from './conditions.js';

/** What the lab tells the gateway's process. */
export type ToGateway =
  | {
      readonly kind: 'start';
      readonly options: GatewayOptions;
      readonly conditions: HostConditions;
      /** Port on 127.0.0.1 of the relay to Kafka; absent: it is reached directly. */
      readonly kafkaRelayPort: number | undefined;
      readonly statusMs: number;
    }
  | { readonly kind: 'conditions'; readonly conditions: HostConditions }
  | { readonly kind: 'ask' }
  | { readonly kind: 'stop' };

/** The gateway of a process at a moment; counts are since that process began. */
export interface GatewayReport {
  /** Machine time, ms since the epoch. */
  readonly at: number;
  readonly snapshot: GatewaySnapshot;
  readonly effects: ConditionEffects;
  readonly rssBytes: number;
  /** The kernel's own high-water mark. */
  readonly peakRssBytes: number;
  /** Arrival to safe, for `TimeHistogram.decode`; absent: not told again yet, which is done once a second and at the end. */
  readonly latency: string | undefined;
}

/** What the gateway's process tells the lab. */
export type FromGateway =
  | {
      readonly kind: 'ready';
      readonly addresses: readonly string[];
      readonly observeAddress: string | undefined;
    }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'report'; readonly report: GatewayReport }
  | { readonly kind: 'stopped'; readonly report: GatewayReport };
