/** Whether a process of this number runs, of any user, as far as this process can see: not into other containers. */
export function processLives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM is a process of another user: alive.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
