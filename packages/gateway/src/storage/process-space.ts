import { readFile, readlink } from 'node:fs/promises';

/** Where the number of a process means that process and no other: containers of one host number theirs each by itself. */
export interface ProcessSpace {
  /** One start of one kernel. */
  readonly kernel: string;
  /** Its PID namespace, as `pid:[4026531836]`. The kernel gives a number again when its namespace is gone, with all that ran in it. */
  readonly namespace: string;
}

/** PROC_PID_INIT_INO of Linux (include/linux/proc_ns.h): the namespace outside of all containers. */
export const outermostNamespace = 'pid:[4026531836]';

/** This process's own; undefined on systems other than Linux. */
export async function ownProcessSpace(): Promise<ProcessSpace | undefined> {
  try {
    return {
      kernel: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      namespace: await readlink('/proc/self/ns/pid'),
    };
  } catch {
    return undefined;
  }
}
