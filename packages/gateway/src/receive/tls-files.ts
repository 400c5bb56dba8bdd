import { readFileSync } from 'node:fs';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { messageOf, SuiteError } from 'sensorsim-shared';

/** A file that a flag names. */
interface NamedFile {
  readonly flag: string;
  readonly path: string | undefined;
}

function read({ flag, path }: NamedFile): Buffer | undefined {
  if (path === undefined) {
    return undefined;
  }
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SuiteError('CONFIG_UNREADABLE', `${flag}: cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Certificate, key and authorities, read and tried.
 * @throws {SuiteError} CONFIG_UNREADABLE: a file that cannot be read, or is not what it should be, or does not fit the others
 */
export function readTls(cert: NamedFile, key: NamedFile, ca: NamedFile): SecureContextOptions {
  const options: SecureContextOptions = { cert: read(cert), key: read(key), ca: read(ca) };
  try {
    createSecureContext(options);
  } catch (cause) {
    const flags = [cert, key, ca]
      .filter(({ path }) => path !== undefined)
      .map(({ flag, path }) => `${flag} ${path}`);
    throw new SuiteError('CONFIG_UNREADABLE', `${flags.join(', ')}: ${messageOf(cause)}`, { cause });
  }
  return options;
}

/** TLS of the listeners. With authorities, devices have to show a certificate. */
export function readListenTls(options: {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
}): TlsOptions {
  const tls = readTls(
    { flag: '--tls-cert', path: options.tlsCert },
    { flag: '--tls-key', path: options.tlsKey },
    { flag: '--tls-ca', path: options.tlsCa },
  );
  const askClient = options.tlsCa !== undefined;
  return { ...tls, requestCert: askClient, rejectUnauthorized: askClient };
}

/** TLS towards the broker to subscribe to. */
export function readBrokerTls(options: {
  readonly brokerCert?: string | undefined;
  readonly brokerKey?: string | undefined;
  readonly brokerCa?: string | undefined;
}): SecureContextOptions {
  return readTls(
    { flag: '--broker-cert', path: options.brokerCert },
    { flag: '--broker-key', path: options.brokerKey },
    { flag: '--broker-ca', path: options.brokerCa },
  );
}
