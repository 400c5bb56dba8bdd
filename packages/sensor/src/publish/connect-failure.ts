import { messageOf } from 'sensorsim-shared';

const untrusted = 'its certificate is not trusted; see --cafile, or --insecure';

const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'the host name cannot be resolved at present',
  EMFILE: 'this process may open no more sockets; raise `ulimit -n`, or use --connections',
  EADDRNOTAVAIL: 'this machine has no more ports for that host; use --connections',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name; see --host, or --insecure',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate of ours; see --cert and --key',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the TLS handshake fails; see --cert and --key',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS there; use mqtt:// or ws://, or another port',
  EPROTO: 'no TLS there, or not one that we speak',
};

/** Why a connection could not be made, for people. Node's own messages are empty or OpenSSL's at times. */
export function connectFailure(error: Error & { code?: unknown }): string {
  return known[String(error.code)] ?? ((messageOf(error).split('\n')[0] as string) || String(error.code));
}
