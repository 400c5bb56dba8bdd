import { ackPolicyOf } from '../acknowledge/options.js';
import type { GatewayOptions } from '../options.js';
import { version } from '../version.js';
import { indexPage } from './index-page.js';
import type { Logger } from './log.js';
import { MetricsPage } from './metrics.js';
import { ObserveServer } from './observe-server.js';
import { Recent } from './recent.js';
import { StateLog } from './state-log.js';
import {
  countsOf,
  type RatedCount,
  ratedCounts,
  type StatusGateway,
  type StatusSource,
  statusOf,
  type TimedStage,
} from './status.js';
import { TopClients } from './top-clients.js';

export interface ObserverDeps {
  readonly log: Logger;
  /** Machine time, ms. */
  readonly now: () => number;
}

const tickMs = 1_000;

/** Looks at the gateway once a second and tells about it: the observation port and the log. */
export class Observer {
  /** Who sends how much; to be told of each message. */
  readonly topClients = new TopClients();
  readonly #options: GatewayOptions;
  readonly #deps: ObserverDeps;
  readonly #recent: Recent<RatedCount, TimedStage>;
  readonly #stateLog: StateLog;
  readonly #server: ObserveServer | undefined;
  #loop = performance.eventLoopUtilization();
  #utilization = 0;
  #startedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(gateway: StatusGateway, options: GatewayOptions, deps: ObserverDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#startedAt = deps.now();
    this.#recent = new Recent({
      counts: Object.fromEntries(ratedCounts.map((name) => [name, () => countsOf(gateway)[name]])) as Record<
        RatedCount,
        () => number
      >,
      latencies: {
        safe: gateway.safeLatency,
        acknowledge: gateway.acknowledgeLatency,
        forward: gateway.forwardLatency,
        sink: gateway.sinkLatency,
      },
    });
    this.#stateLog = new StateLog(gateway, deps);
    const source: StatusSource = {
      gateway,
      version,
      ackPolicy: ackPolicyOf(options),
      startedAt: this.#startedAt,
      maxPendingRecords: options.maxPending,
      maxPendingBytes: options.maxPendingBytes,
      recent: this.#recent,
      topClients: this.topClients,
      eventLoopUtilization: () => this.#utilization,
      now: deps.now,
    };
    const metrics = new MetricsPage(source);
    this.#server = ObserveServer.of(options.http, {
      '/': indexPage,
      '/livez': { title: 'whether the process runs', answer: () => ({ text: 'ok\n' }) },
      '/readyz': {
        title: 'whether devices can get what they are promised',
        answer: () => readiness(gateway),
      },
      '/status': {
        title: 'everything below as JSON',
        answer: () => ({ text: `${JSON.stringify(statusOf(source))}\n`, contentType: 'application/json' }),
      },
      '/latency': {
        title: 'arrival to safe since the start, whole: an HDR histogram in µs (V2, compressed, base64)',
        answer: () => ({ text: `${gateway.safeLatency.encode()}\n` }),
      },
      '/metrics': {
        title: 'for Prometheus',
        answer: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
      },
    });
  }

  /** `http://127.0.0.1:9464`; undefined while it is off. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  /** @throws {SuiteError} GATEWAY_PORT_IN_USE, GATEWAY_LISTEN_FAILED */
  async start(): Promise<void> {
    await this.#server?.start();
    if (this.#server?.isExposed === true) {
      this.#deps.log.warn(
        { http: this.address },
        `--http ${this.#options.http} is open to other machines, without a login: whoever reaches it reads counts and client ids`,
      );
    }
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server?.stop();
  }

  #tick(): void {
    const now = this.#deps.now();
    this.#recent.tick(now);
    this.topClients.tick(now);
    const loop = performance.eventLoopUtilization();
    this.#utilization = performance.eventLoopUtilization(loop, this.#loop).utilization;
    this.#loop = loop;
    this.#stateLog.tick();
  }
}

function readiness(gateway: StatusGateway): { readonly status: number; readonly text: string } {
  const { notReady } = gateway.snapshot();
  return notReady === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `${notReady}\n` };
}
