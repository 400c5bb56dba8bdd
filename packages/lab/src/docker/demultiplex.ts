import { Readable } from 'node:stream';

/** What a container writes, its two streams apart. */
export interface ContainerOutput {
  readonly output: Readable;
  readonly errors: Readable;
}

/** In front of each piece: which stream it is of, three zero bytes, its length (Docker Engine API, "Attach to a container"). */
const headerBytes = 8;
const standardError = 2;

/**
 * Takes apart what an engine sends of a container without a terminal. Who reads slowly slows the container down: nothing is
 * piled up here. Both streams have to be read.
 */
export function demultiplex(source: Readable): ContainerOutput {
  const full = new Set<Readable>();
  const make = (): Readable => {
    const stream: Readable = new Readable({
      read: () => {
        full.delete(stream);
        if (full.size === 0) {
          source.resume();
        }
      },
    });
    return stream;
  };
  const output = make();
  const errors = make();
  const header = Buffer.alloc(headerBytes);
  let headerFill = 0;
  let left = 0;
  source.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const taken = chunk.copy(header, headerFill, at, at + headerBytes - headerFill);
        headerFill += taken;
        at += taken;
        if (headerFill === headerBytes) {
          headerFill = 0;
          left = header.readUInt32BE(4);
        }
        continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      left -= piece.length;
      const stream = header[0] === standardError ? errors : output;
      if (!stream.push(piece)) {
        full.add(stream);
      }
    }
    if (full.size > 0) {
      source.pause();
    }
  });
  const end = (): void => {
    output.push(null);
    errors.push(null);
  };
  source.once('end', end);
  // The way to the engine broke: the end of the container tells what that means.
  source.once('close', end);
  source.on('error', () => {});
  return { output, errors };
}
