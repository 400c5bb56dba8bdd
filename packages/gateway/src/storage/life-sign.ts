import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

/** Of sockaddr_un (unix(7)): 108 bytes on Linux, fewer elsewhere. What is longer would be cut without a word. */
const longestPath = 100;

/**
 * A socket in the file system that answers as long as its process lives, to all that run on the same kernel, whatever container
 * they are in. The kernel answers for it, so it does while the process is paused.
 */
export class LifeSign {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Undefined where there can be none: a path too long, a file system without sockets. */
  static async give(path: string): Promise<LifeSign | undefined> {
    if (Buffer.byteLength(path) > longestPath) {
      return undefined;
    }
    const server = createServer((socket) => socket.destroy()).unref();
    try {
      // For every user who comes to the file: a dead one of another user has to be seen to be dead.
      server.listen({ path, writableAll: true });
      await once(server, 'listening');
    } catch {
      return undefined;
    }
    const sign = new LifeSign(server);
    // Some file systems have the file and not what is behind it.
    if ((await lifeAt(path)) !== 'alive') {
      await sign.stop();
      return undefined;
    }
    return sign;
  }

  /** Removes the file too. */
  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What the sign at a path says; unknown: it is not there, or not for this user. */
export async function lifeAt(path: string): Promise<'alive' | 'dead' | 'unknown'> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return 'alive';
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ECONNREFUSED':
        return 'dead';
      case 'EAGAIN':
        // So many ask at once that its queue is full.
        return 'alive';
      default:
        return 'unknown';
    }
  } finally {
    socket.destroy();
  }
}
