import { parseListenAddress } from '../receive/listen-address.js';
import { isLoopback } from './address.js';
import type { GuardOptions } from './options.js';

type Checked = Partial<GuardOptions> & {
  readonly listen?: readonly string[] | undefined;
  readonly tlsCa?: string | undefined;
};

/** Contradictions in the guard's settings. A setting that is itself wrong is undefined here. */
export function guardProblems(values: Checked): string[] {
  const problems = (values.listen ?? []).flatMap((url) => lockedOut(url, values));
  if (values.tlsCa === undefined) {
    if (values.tlsCrl !== undefined) {
      problems.push('--tls-crl: needs --tls-ca');
    }
    if (values.tlsClientCert === 'accept') {
      problems.push('--tls-client-cert: needs --tls-ca');
    }
  }
  if (values.passwords === undefined && values.firstLogin !== undefined && values.firstLogin !== 'off') {
    problems.push('--first-login: needs --passwords, the file that it makes');
  }
  const min = values.minKeepAlive ?? 0;
  const max = values.maxKeepAlive ?? 0;
  if (max > 0 && min > max) {
    problems.push('--min-keep-alive: is above --max-keep-alive');
  }
  if (values.bindClientId !== undefined && values.bindClientId !== 'off' && !hasUsers(values)) {
    problems.push('--bind-client-id: needs users, from --passwords or --tls-ca');
  }
  if (values.bindDevice !== 'off' && values.bindDeviceTo?.includes('%u') === true && !hasUsers(values)) {
    problems.push('--bind-device-to: %u needs users, from --passwords or --tls-ca');
  }
  if (values.bindDeviceTo === 'off') {
    problems.push('--bind-device-to: is a pattern; it is --bind-device that can be off');
  }
  return problems;
}

function hasUsers({ passwords, tlsCa, tlsUser }: Checked): boolean {
  return passwords !== undefined || (tlsCa !== undefined && tlsUser !== 'off');
}

/** An address that every client would be refused at. */
function lockedOut(url: string, values: Checked): string[] {
  const address = parseListenAddress(url);
  const anonymous = values.allowAnonymous ?? 'everywhere';
  if ('problem' in address || values.passwords !== undefined || anonymous === 'everywhere') {
    return [];
  }
  if (anonymous === 'loopback' && isLoopback(address.host)) {
    return [];
  }
  const encrypted = address.scheme === 'mqtts' || address.scheme === 'wss';
  if (encrypted && values.tlsCa !== undefined) {
    return [];
  }
  const certificates = encrypted ? ', --tls-ca CA.pem (client certificates)' : '';
  return [
    `--listen ${url}: every client${isLoopback(address.host) ? '' : ' from the network'} would be refused, since none could log in; add --passwords FILE (users)${certificates} or --allow-anonymous (anybody who can reach the port)`,
  ];
}
