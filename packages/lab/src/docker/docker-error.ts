import { messageOf, SuiteError } from 'sensorsim-shared';

/** What an error of the client says of itself: from the network, from TLS, or an answer of the engine. */
interface ClientError {
  readonly code?: string;
  readonly statusCode?: number;
  /** The engine's answer. */
  readonly json?: unknown;
}

/** What is known of a failed request. */
export interface FailedRequest {
  readonly error: unknown;
  /** The engine, as the user knows it. */
  readonly shown: string;
  /** What was to be done, as `cannot start lab-gateway`. */
  readonly doing: string;
}

/**
 * What the error of a request means, and what to do about it.
 * @returns DOCKER_UNREACHABLE, DOCKER_REFUSED, DOCKER_IMAGE_MISSING or DOCKER_FAILED, naming the host
 */
export function dockerError(failed: FailedRequest): SuiteError {
  const { error } = failed;
  if (error instanceof SuiteError) {
    return error;
  }
  const { statusCode } = error as ClientError;
  return statusCode === undefined ? errorOfWay(failed) : errorOfAnswer(failed, statusCode);
}

/** Nothing was answered. */
function errorOfWay({ error, shown, doing }: FailedRequest): SuiteError {
  const code = (error as ClientError).code ?? '';
  const message = messageOf(error);
  const known = ways.find(({ when }) => when.test(code) || when.test(message));
  if (known === undefined) {
    return new SuiteError(
      'DOCKER_UNREACHABLE',
      `${doing}: no answer from the engine at ${shown}: ${message}`,
      {
        cause: error,
      },
    );
  }
  const { what, hint, isRefusal } = known;
  return new SuiteError(isRefusal === true ? 'DOCKER_REFUSED' : 'DOCKER_UNREACHABLE', what(shown, message), {
    hint,
    cause: error,
  });
}

interface Way {
  /** Matches the code, or the message. */
  readonly when: RegExp;
  readonly what: (shown: string, message: string) => string;
  readonly hint: string;
  readonly isRefusal?: true;
}

const startHint = 'Start Docker there, or name another place by --docker or DOCKER_HOST.';
const certsHint =
  'ca.pem, cert.pem and key.pem of --docker-certs (or DOCKER_CERT_PATH) must be of the authority that this engine was set up with.';

const ways: readonly Way[] = [
  {
    when: /^EACCES$|^EPERM$/,
    what: (shown) => `permission denied at ${shown}`,
    hint: 'Run it as a member of the group docker (sudo usermod -aG docker $USER, then log in anew), or as root.',
    isRefusal: true,
  },
  {
    when: /^ENOENT$/,
    what: (shown) => `no Docker engine at ${shown}: there is no such socket`,
    hint: startHint,
  },
  {
    when: /^ECONNREFUSED$/,
    what: (shown) => `no Docker engine at ${shown}: nothing listens there`,
    hint: startHint,
  },
  {
    when: /^ENOTFOUND$|^EAI_AGAIN$/,
    what: (shown) => `no Docker engine at ${shown}: its name is not known`,
    hint: 'Check the name in --docker or DOCKER_HOST.',
  },
  {
    when: /^ETIMEDOUT$|^EHOSTUNREACH$|^ENETUNREACH$|^ABORT_ERR$/,
    what: (shown) => `no Docker engine at ${shown}: no answer in time`,
    hint: 'Check that the host is up, and that no firewall is between.',
  },
  {
    when: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    what: (shown, message) =>
      `the certificate of the engine at ${shown} is for another name: ${message.replace(/^.*Reason: /, '')}`,
    hint: 'Name the host as its certificate does, or make a certificate that names it (images/certificates.sh DIR NAME...).',
    isRefusal: true,
  },
  {
    when: /^CERT_HAS_EXPIRED$|^CERT_NOT_YET_VALID$/,
    what: (shown, message) => `the certificate of the engine at ${shown} is not valid now: ${message}`,
    hint: 'Make a new one, and check the clocks of both machines.',
    isRefusal: true,
  },
  {
    when: /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|ISSUER/,
    what: (shown) =>
      `the certificate of the engine at ${shown} is not signed by the authority that ca.pem holds`,
    hint: certsHint,
    isRefusal: true,
  },
  {
    when: /ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_CERTIFICATE|CERTIFICATE_REQUIRED|bad certificate|unknown ca/i,
    what: (shown) => `the engine at ${shown} does not accept the certificate that it was shown`,
    hint: certsHint,
    isRefusal: true,
  },
  {
    when: /wrong.version.number|packet.length.too.long|ERR_SSL_HTTP_REQUEST/i,
    what: (shown) => `the engine at ${shown} speaks no TLS, and certificates are given for it`,
    hint: 'Leave --docker-certs, DOCKER_CERT_PATH and DOCKER_TLS_VERIFY out for that port, or name the one with TLS (2376).',
    isRefusal: true,
  },
  {
    when: /key values mismatch|PEM|ERR_OSSL/,
    what: (_, message) => `the certificates for the engine cannot be used: ${message}`,
    hint: certsHint,
    isRefusal: true,
  },
  {
    when: /^HPE_/,
    what: (shown) => `what answers at ${shown} is no Docker engine`,
    hint: 'Check host and port of --docker or DOCKER_HOST.',
    isRefusal: true,
  },
];

/** The engine has answered, and said no. */
function errorOfAnswer({ error, shown, doing }: FailedRequest, statusCode: number): SuiteError {
  const words = wordsOf(error);
  if (/HTTP request to an HTTPS server/i.test(words)) {
    return new SuiteError(
      'DOCKER_REFUSED',
      `the engine at ${shown} wants TLS, and no certificates are given`,
      {
        hint: 'Name the folder of ca.pem, cert.pem and key.pem by --docker-certs or DOCKER_CERT_PATH.',
        cause: error,
      },
    );
  }
  if (statusCode === 401 || statusCode === 403) {
    return new SuiteError('DOCKER_REFUSED', `${doing}: the engine at ${shown} does not allow it: ${words}`, {
      cause: error,
    });
  }
  const image = /no such image: (\S+)/i.exec(words)?.[1];
  if (image !== undefined) {
    return new SuiteError('DOCKER_IMAGE_MISSING', `${shown} lacks the image ${image}`, {
      hint: 'Run npm run images, or docker pull, on that host.',
      cause: error,
    });
  }
  const hint = answers.find(({ when }) => when.test(words))?.hint;
  return new SuiteError('DOCKER_FAILED', `${doing} at ${shown}: ${words}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

const answers: readonly { readonly when: RegExp; readonly hint: string }[] = [
  {
    when: /no space left/i,
    hint: 'Make room on that host: docker system df tells what takes it, docker system prune frees it.',
  },
  {
    when: /is already in use by container/i,
    hint: 'Another run has the same name at present, or left it behind: docker rm -f takes it away.',
  },
  {
    when: /port is already allocated|address already in use/i,
    hint: 'End the program that has the port, or choose another one.',
  },
  {
    when: /cannot allocate memory|out of memory/i,
    hint: 'That host has no memory left: end something there, or lower what the containers may take.',
  },
  {
    when: /range of cpus/i,
    hint: 'That host has fewer processors than the service may take: lower its cpus.',
  },
];

/** The engine's own words, without the client's frame around them. */
export function wordsOf(error: unknown): string {
  const { json } = error as ClientError;
  const said = typeof json === 'object' && json !== null ? (json as { message?: unknown }).message : json;
  return (typeof said === 'string' ? said : messageOf(error)).trim();
}

/** Whether the engine answered with this status code. */
export function hasStatus(error: unknown, statusCode: number): boolean {
  const cause = error instanceof SuiteError ? error.cause : error;
  return (cause as ClientError | undefined)?.statusCode === statusCode;
}
