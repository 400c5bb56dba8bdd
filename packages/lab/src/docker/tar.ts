/** A file for a container. */
export interface PackedFile {
  /** Below where it is unpacked, at most 100 bytes. */
  readonly name: string;
  readonly content: Buffer;
  /** User and group that it belongs to. */
  readonly owner: number;
}

const blockBytes = 512;

/** Packs files as a tar archive (POSIX.1-1988, ustar), readable by their owner only: the form in which an engine takes files. */
export function tar(files: readonly PackedFile[]): Buffer {
  const blocks = files.flatMap((file) => {
    const padding = Buffer.alloc((blockBytes - (file.content.length % blockBytes)) % blockBytes);
    return [headerOf(file), file.content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function headerOf({ name, content, owner }: PackedFile): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  };
  if (header.write(name, 0, 100) !== Buffer.byteLength(name)) {
    throw new TypeError(`${name} is too long a name for this kind of archive`);
  }
  octal(0o400, 100, 8);
  octal(owner, 108, 8);
  octal(owner, 116, 8);
  octal(content.length, 124, 12);
  octal(0, 136, 12);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 7);
  return header;
}
