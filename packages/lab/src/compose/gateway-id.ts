import { randomBytes } from 'node:crypto';

/** Of a host name's part, which it is too where the gateway is a container. */
const mostChars = 63;

/**
 * Unlike any other gateway's that writes to the same topic, so that its records can be told apart: where the topic is not the run's
 * own, it may hold those of an earlier run of this name.
 */
export function gatewayIdOf(runId: string, { isTopicShared }: { readonly isTopicShared: boolean }): string {
  const suffix = isTopicShared ? `-${randomBytes(3).toString('hex')}` : '';
  const name = `lab-${runId.replace(/[^A-Za-z0-9._-]/g, '-')}`;
  return name.slice(0, mostChars - suffix.length) + suffix;
}
