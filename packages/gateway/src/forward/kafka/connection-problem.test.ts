import { describe, expect, it } from 'vitest';
import { connectionProblem } from './connection-problem.js';
import type { KafkaConnectionSettings } from './kafka-settings.js';

const plain: KafkaConnectionSettings = { brokers: ['k:9092'], clientId: 'c' };
const sasl = { mechanism: 'plain', username: 'u', password: 'p' } as const;

function problem(
  error: Readonly<Record<string, unknown>>,
  context: Partial<Parameters<typeof connectionProblem>[1]> = {},
) {
  const thrown = Object.assign(new Error(String(error.message ?? '')), error);
  return connectionProblem(thrown, {
    address: 'k:9092',
    stage: 'connect',
    proven: false,
    settings: plain,
    ...context,
  });
}

describe('connectionProblem', () => {
  it.each([
    ['ECONNREFUSED', 'cannot reach Kafka at k:9092: the connection is refused'],
    ['ENOTFOUND', 'cannot reach Kafka at k:9092: the host name is unknown'],
    ['EHOSTUNREACH', 'cannot reach Kafka at k:9092: the host cannot be reached'],
  ])('says what %s means', (code, message) => {
    expect(problem({ code })).toMatchObject({ code: 'KAFKA_UNREACHABLE', message, retryable: true });
  });

  it('tells an address that the cluster advertises from one that was given', () => {
    expect(problem({ code: 'ENOTFOUND' }, { address: 'kafka:29092' }).message).toBe(
      'cannot reach Kafka at kafka:29092 (the address that the cluster advertises): the host name is unknown',
    );
  });

  it.each([
    [{ message: 'Closed connection' }, {}, /most likely speaks TLS/],
    [{ message: 'Closed connection' }, { settings: { ...plain, tls: {} } }, /breaks off the TLS handshake/],
    [{ message: 'Closed connection' }, { stage: 'request' as const }, /most likely wants a login/],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, { settings: { ...plain, tls: {} } }, /does not speak TLS/],
    [
      { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', message: 'tlsv13 alert certificate required' },
      { settings: { ...plain, tls: {} } },
      /wants a client certificate/,
    ],
    [
      { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate' },
      { settings: { ...plain, tls: {} } },
      /not trusted/,
    ],
    [{ type: 'ILLEGAL_SASL_STATE' }, { settings: { ...plain, sasl } }, /takes no login/],
    [
      { type: 'UNSUPPORTED_SASL_MECHANISM' },
      { settings: { ...plain, sasl } },
      /does not offer the login plain/,
    ],
  ])('reads %o as wrong security', (error, context, message) => {
    expect(problem(error, context)).toMatchObject({
      code: 'KAFKA_SECURITY_MISMATCH',
      message: expect.stringMatching(message),
    });
  });

  it('does not blame security for the silence of a cluster that has answered before, or is slow', () => {
    expect(problem({ message: 'Closed connection' }, { proven: true }).code).toBe('KAFKA_UNREACHABLE');
    expect(problem({ name: 'KafkaJSRequestTimeoutError' }).message).toMatch(/does not answer in time/);
    expect(problem({ message: 'Connection timeout' }).message).toMatch(/does not answer in time/);
  });

  it('does not show the password', () => {
    const error = problem({ name: 'KafkaJSSASLAuthenticationError' }, { settings: { ...plain, sasl } });
    expect(error).toMatchObject({ code: 'KAFKA_LOGIN_REFUSED', retryable: false });
    expect(error.message).toBe('Kafka at k:9092 does not accept user "u" and the password (plain)');
  });
});
