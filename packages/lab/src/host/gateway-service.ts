import type { Socket } from 'node:net';
import { Gateway, type GatewayOptions, type Logger } from 'sensorsim-gateway';
import { machineNow, messageOf, plainError } from 'sensorsim-shared';
import { type HostConditions, noConditions } from './conditions.js';
import { FailingFiles } from './failing-files.js';
import type { FromGateway, GatewayReport, ToGateway } from './host-messages.js';
import { SwitchableSink, TopicSwitch } from './switchable-sink.js';

/** The process that the service lives in. */
export interface ServiceDeps {
  /** Calls back once the message has left. */
  readonly send: (message: FromGateway, sent?: () => void) => void;
  readonly exit: (code: number) => void;
  readonly log: Logger;
  readonly memory: () => { readonly rssBytes: number; readonly peakRssBytes: number };
  /** Connects to a port of this machine. */
  readonly connect: (port: number) => Socket;
}

/** To pack a histogram takes a few ms, in which the gateway does nothing else. */
const latencyMs = 1_000;

/** Runs one gateway at the word of a lab in another process: starts it, reports on it, makes things go wrong around it, stops it. */
export class GatewayService {
  readonly #deps: ServiceDeps;
  readonly #topic: TopicSwitch;
  readonly #files = new FailingFiles();
  #conditions: HostConditions = noConditions;
  #gateway: Gateway | undefined;
  #reporter: NodeJS.Timeout | undefined;
  /** When the latency was last told, machine ms. */
  #latencyAt = Number.NEGATIVE_INFINITY;
  #stopping: Promise<void> | undefined;

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
    this.#topic = new TopicSwitch(machineNow);
  }

  take(message: ToGateway): void {
    switch (message.kind) {
      case 'start':
        void this.#start(message);
        break;
      case 'conditions':
        this.#apply(message.conditions);
        break;
      case 'ask':
        this.#report();
        break;
      case 'stop':
        void this.stop(0);
    }
  }

  /** Lets the gateway finish in order, tells its last counts, and ends the process. Idempotent. */
  stop(exitCode: number): Promise<void> {
    this.#stopping ??= this.#stop(exitCode);
    return this.#stopping;
  }

  async #start(message: Extract<ToGateway, { kind: 'start' }>): Promise<void> {
    const { log, send, exit } = this.#deps;
    const { options, conditions, kafkaRelayPort, statusMs } = message;
    log.level = options.logLevel;
    this.#apply(conditions);
    try {
      const gateway = this.#make(options, kafkaRelayPort, log);
      this.#gateway = gateway;
      await gateway.start();
      send({ kind: 'ready', addresses: gateway.addresses, observeAddress: gateway.observeAddress });
      this.#report();
      this.#reporter = setInterval(() => this.#report(), statusMs);
    } catch (error) {
      // A stop that cut the start short ends the process itself.
      if (this.#stopping === undefined) {
        send({ kind: 'failed', error: plainError(error) }, () => exit(1));
      }
    }
  }

  #make(options: GatewayOptions, kafkaRelayPort: number | undefined, log: Logger): Gateway {
    const isKafka = options.to === 'kafka';
    return new Gateway(options, {
      log,
      now: () => machineNow() + this.#conditions.clockOffsetMs,
      spoolFiles: this.#files,
      // A real Kafka fails by its connections; everything else by what stands in front of it.
      ...(isKafka
        ? {}
        : {
            wrapSink: (sink, patient) =>
              new SwitchableSink(sink, this.#topic, patient ? Number.POSITIVE_INFINITY : options.kafkaWait),
          }),
      ...(kafkaRelayPort === undefined
        ? {}
        : {
            connectKafka: ({ host, port }) => {
              const socket = this.#deps.connect(kafkaRelayPort);
              // The relay reads from its first line where to go.
              socket.write(`${host}:${port}\n`);
              return socket;
            },
          }),
    });
  }

  #apply(conditions: HostConditions): void {
    this.#conditions = conditions;
    this.#files.error = conditions.diskError;
    this.#topic.set(conditions.topic);
  }

  #report(): void {
    const now = machineNow();
    const withLatency = now - this.#latencyAt >= latencyMs;
    const report = this.#reportNow(withLatency);
    this.#latencyAt = withLatency ? now : this.#latencyAt;
    if (report !== undefined && this.#stopping === undefined) {
      this.#deps.send({ kind: 'report', report });
    }
  }

  #reportNow(withLatency: boolean): GatewayReport | undefined {
    const gateway = this.#gateway;
    return (
      gateway && {
        at: machineNow(),
        snapshot: gateway.snapshot(),
        effects: { topic: this.#topic.touched, disk: this.#files.failed, starts: this.#topic.missed },
        latency: withLatency ? gateway.safeLatency.encode() : undefined,
        ...this.#deps.memory(),
      }
    );
  }

  async #stop(exitCode: number): Promise<void> {
    clearInterval(this.#reporter);
    const { send, exit, log } = this.#deps;
    try {
      await this.#gateway?.stop();
      const report = this.#reportNow(true);
      if (report === undefined) {
        exit(exitCode);
      } else {
        send({ kind: 'stopped', report }, () => exit(exitCode));
      }
    } catch (error) {
      log.error(`the gateway did not stop in order: ${messageOf(error)}`);
      exit(4);
    }
  }
}
