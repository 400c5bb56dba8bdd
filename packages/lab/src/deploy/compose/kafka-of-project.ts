import { SuiteError } from 'sensorsim-shared';
import { type ComposeProject, nameOfContainer } from './compose-project.js';

/**
 * Where the project's Kafka is reached from its host: the port that it publishes.
 * @throws {SuiteError} COMPOSE_NOT_READY: it publishes none, or several
 */
export function kafkaOfProject({ kafka }: ComposeProject): string {
  const places = Object.values(kafka.NetworkSettings.Ports ?? {})
    .flatMap((bindings) => bindings ?? [])
    .map(
      ({ HostIp, HostPort }) =>
        `${['', '0.0.0.0', '::'].includes(HostIp) ? '127.0.0.1' : HostIp}:${HostPort}`,
    );
  const [place, ...others] = [...new Set(places)];
  if (place === undefined || others.length > 0) {
    const what = place === undefined ? 'no port' : `several ports (${[place, ...others].join(', ')})`;
    throw new SuiteError(
      'COMPOSE_NOT_READY',
      `${nameOfContainer(kafka)} publishes ${what}, so that it is not known where its records can be read`,
      { hint: 'Say by --kafka where this machine reaches it.' },
    );
  }
  return place;
}
