import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { ListenAddress } from './listen-address.js';
import type { RefusalHandler } from './receiver.js';

const handshakeTimeoutMs = 10_000;

export interface MqttListenerOptions {
  readonly address: ListenAddress;
  /** Certificate and key; needed for mqtts and wss. */
  readonly tls: TlsOptions;
  /** Longest WebSocket message taken. */
  readonly maxPacketBytes: number;
  readonly onConnection: (stream: Duplex) => void;
  readonly onRefused: RefusalHandler;
}

/** A server whose connections are MQTT byte streams, over TCP, TLS, or WebSocket with either below it. Not yet bound. */
export function createMqttListener(options: MqttListenerOptions): Server {
  const { address, onConnection, onRefused } = options;
  const tls = { ...options.tls, handshakeTimeout: handshakeTimeoutMs };
  const onSocket = (socket: Socket): void => {
    // An acknowledgement is a few bytes that its device waits for.
    socket.setNoDelay(true);
    onConnection(socket);
  };
  switch (address.scheme) {
    case 'mqtt':
      return createServer(onSocket);
    case 'mqtts':
      return createTlsServer(tls, onSocket).on('tlsClientError', (error) => onRefused('tls', error.message));
    default: {
      const server =
        address.scheme === 'wss'
          ? createHttpsServer(tls).on('tlsClientError', (error: Error) => onRefused('tls', error.message))
          : createHttpServer();
      server.on('request', (_request, response) => {
        onRefused('not-websocket', 'an HTTP request on a WebSocket port');
        response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end();
      });
      const sockets = new WebSocketServer({
        server,
        maxPayload: options.maxPacketBytes,
        // MQTT 3.1.1 §6: the client asks for the subprotocol `mqtt`; 3.1 clients for `mqttv3.1`.
        handleProtocols: (offered) =>
          offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
      });
      sockets.on('connection', (socket) => onConnection(createWebSocketStream(socket)));
      sockets.on('wsClientError', (error) => onRefused('not-websocket', error.message));
      // The server's own errors reach us through the HTTP server; unhandled here they would end the process.
      sockets.on('error', () => {});
      return server;
    }
  }
}
