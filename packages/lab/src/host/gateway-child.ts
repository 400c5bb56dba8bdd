import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { errorOfPlain, SuiteError } from 'sensorsim-shared';
import { gatewayProgram } from './gateway-program.js';
import type { FromGateway, GatewayReport, ToGateway } from './host-messages.js';
import { PauseGuard } from './pause-guard.js';

export type GatewayReady = Extract<FromGateway, { kind: 'ready' }>;

export interface GatewayChildListener {
  readonly onReady: (ready: GatewayReady) => void;
  /** @param isLast it counts all that the process did */
  readonly onReport: (report: GatewayReport, isLast: boolean) => void;
  /** A line of its log, without the end. */
  readonly onLog: (line: string) => void;
  /** After everything else that it said. */
  readonly onEnd: (exitCode: number | null, signal: NodeJS.Signals | null) => void;
}

/** What a process said last, for the error where it ends before it is ready. */
const lastWordsChars = 2_000;

/** One process of a gateway. It ends with this one, however that ends. */
export class GatewayChild {
  readonly pid: number;
  /** It was told to end, or has told why it cannot start. */
  isDismissed = false;
  /** Resolves once its gateway is ready for devices. @throws {SuiteError} see `GatewayHost.start` */
  readonly started: Promise<void>;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #guard: PauseGuard | undefined;
  #lastWords = '';

  /** @throws {SuiteError} INTERNAL: the process cannot be made */
  constructor(start: Extract<ToGateway, { kind: 'start' }>, listener: GatewayChildListener) {
    const child = fork(fileURLToPath(gatewayProgram), [], {
      execArgv: [],
      // Out of reach of the terminal's Ctrl-C: the lab decides when its gateway ends. Its channel ends it with the lab.
      detached: true,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    // Of what is sent to a process that has ended, and of a process that could not be made.
    child.on('error', () => {});
    if (child.pid === undefined) {
      throw new SuiteError('INTERNAL', "the gateway's process cannot be made");
    }
    this.#child = child;
    this.pid = child.pid;
    this.#readLog(listener.onLog);
    // Not `exit`: what it said last may come after that.
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    this.started = this.#listen(listener);
    this.started.catch(() => {});
    this.tell(start);
  }

  get isPaused(): boolean {
    return this.#guard !== undefined;
  }

  tell(message: ToGateway): void {
    if (this.#child.connected) {
      // A process that ends meanwhile is told of by its end.
      this.#child.send(message, () => {});
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  pause(): void {
    if (this.#guard === undefined) {
      this.#guard = new PauseGuard(this.pid);
      this.signal('SIGSTOP');
    }
  }

  resume(): void {
    if (this.#guard !== undefined) {
      this.#endGuard();
      this.signal('SIGCONT');
    }
  }

  #listen(listener: GatewayChildListener): Promise<void> {
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      this.#child.on('message', (message: FromGateway) => {
        switch (message.kind) {
          case 'ready':
            listener.onReady(message);
            resolve();
            break;
          case 'failed':
            failure = errorOfPlain(message.error);
            this.isDismissed = true;
            break;
          default:
            listener.onReport(message.report, message.kind === 'stopped');
        }
      });
      this.#child.once('close', (exitCode, signal) => {
        this.#endGuard();
        listener.onEnd(exitCode, signal);
        reject(failure ?? this.#endedTooSoon(exitCode, signal));
      });
    });
  }

  #readLog(onLog: (line: string) => void): void {
    let rest = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-lastWordsChars);
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      lines.forEach(onLog);
    });
  }

  #endGuard(): void {
    this.#guard?.end();
    this.#guard = undefined;
  }

  #endedTooSoon(exitCode: number | null, signal: NodeJS.Signals | null): SuiteError {
    if (this.isDismissed) {
      return new SuiteError('GATEWAY_STOPPING', 'the gateway was stopped while it started');
    }
    const how = signal ?? `exit code ${exitCode}`;
    const words = this.#lastWords === '' ? '' : `:\n${this.#lastWords}`;
    return new SuiteError('INTERNAL', `the gateway's process ended before it was ready (${how})${words}`);
  }
}
