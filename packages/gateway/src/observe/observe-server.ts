import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bind } from '../receive/bind.js';
import { formatListenAddress } from '../receive/listen-address.js';
import { parseHttpAddress } from './http-address.js';

export interface ObservePage {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface ObserveServerOptions {
  readonly page: ObservePage;
  /** Why the gateway is not ready; undefined: it is. */
  readonly notReady: () => string | undefined;
}

/** `/livez`: the process runs; `/readyz`: records become safe; `/metrics`: Prometheus text. Nothing else. */
export class ObserveServer {
  readonly #host: string;
  readonly #port: number;
  readonly #options: ObserveServerOptions;
  readonly #server: Server;
  #address: string | undefined;

  constructor(address: { readonly host: string; readonly port: number }, options: ObserveServerOptions) {
    this.#host = address.host;
    this.#port = address.port;
    this.#options = options;
    this.#server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 10_000 }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /** The server for a `--http` setting, or undefined for `off`. */
  static of(setting: string, options: ObserveServerOptions): ObserveServer | undefined {
    const address = parseHttpAddress(setting);
    return address === undefined ? undefined : new ObserveServer(address, options);
  }

  /** `http://127.0.0.1:9464`; undefined before it is bound. */
  get address(): string | undefined {
    return this.#address;
  }

  /** @throws {SuiteError} GATEWAY_PORT_IN_USE, GATEWAY_LISTEN_FAILED */
  async start(): Promise<void> {
    const flag = `--http ${this.#host}:${this.#port}`;
    const port = await bind({ server: this.#server, host: this.#host, port: this.#port, flag });
    this.#address = formatListenAddress('http', this.#host, port);
  }

  async stop(): Promise<void> {
    if (this.#server.listening) {
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
        this.#server.closeAllConnections();
      });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'GET only\n');
    } else if (path === '/livez') {
      send(response, 200, 'ok\n');
    } else if (path === '/readyz') {
      const reason = this.#options.notReady();
      send(response, reason === undefined ? 200 : 503, `${reason ?? 'ok'}\n`);
    } else if (path === '/metrics') {
      send(response, 200, await this.#options.page.text(), this.#options.page.contentType);
    } else {
      send(response, 404, 'there are /livez, /readyz and /metrics\n');
    }
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response
    .writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) })
    .end(text);
}
