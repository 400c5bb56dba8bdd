/** How many readings a connection keeps while it is down: 0 under `skip`, N under `queue:N`. */
export function offlineQueueLength(policy: string): number {
  return policy === 'skip' ? 0 : Number(policy.slice('queue:'.length));
}

/** What is wrong with an `--offline`, in words. */
export function offlineProblem(policy: string): string | undefined {
  if (policy === 'skip') {
    return undefined;
  }
  const length = /^queue:(\d{1,9})$/.exec(policy)?.[1];
  if (length === undefined) {
    return 'must be skip or queue:N, as queue:1000';
  }
  return Number(length) >= 1 && Number(length) <= 1_000_000 ? undefined : 'must be queue:1 to queue:1000000';
}
