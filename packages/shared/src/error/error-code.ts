import { ExitCode } from './exit-code.js';

/** What one code means, which exit code a program ends with because of it, and what a user does about it. */
export interface ErrorCodeEntry {
  readonly meaning: string;
  readonly exitCode: ExitCode;
  readonly remedy: string;
}

/**
 * The one table of error codes, `AREA_PROBLEM`. `docs/error-codes.md` is generated from it.
 * A code says what is wrong; the error's message says where, with the values at hand.
 */
export const errorCodes = {
  CONFIG_INVALID: {
    meaning:
      'One or more flags, environment variables or configuration keys are unknown, malformed or out of range.',
    exitCode: ExitCode.badUsage,
    remedy: 'Each problem is listed with its place and what would be right; mend them all, then run again.',
  },
  CONFIG_UNREADABLE: {
    meaning: 'A file named on the command line or in the configuration cannot be read or parsed.',
    exitCode: ExitCode.badUsage,
    remedy: 'Check the path, its permissions, and the line named in the message.',
  },
  FILE_UNWRITABLE: {
    meaning:
      'A file or folder that the program writes cannot be created or written: permissions, a missing folder, a full disk.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Let the user that runs the program write there (in a container, give the folder a volume), free space, or name another place; what was written before the fault is kept.',
  },
  RUN_INVALID: {
    meaning: 'A folder that should hold a recorded run does not, or its files are damaged.',
    exitCode: ExitCode.badUsage,
    remedy: 'Name a folder written by `sensorsim --record` or `sensorsim-lab up`.',
  },
  DATASET_INVALID: {
    meaning:
      'A folder that should hold a data set does not, or its files are damaged or do not fit together.',
    exitCode: ExitCode.badUsage,
    remedy: 'Name a folder written by `sensorsim-lab dataset`; write it again where a file is damaged.',
  },
  INTERNAL: {
    meaning: 'A fault of the program itself.',
    exitCode: ExitCode.internal,
    remedy: 'Report it with the command line and the message.',
  },
  ENCODE_UNREPRESENTABLE: {
    meaning: 'The chosen payload format has no way to say a reading: its time, or its id.',
    exitCode: ExitCode.badUsage,
    remedy: 'Choose another format, or a time or id that the format can carry; the message says which it is.',
  },
  DECODE_EMPTY: {
    meaning: 'The payload has no bytes.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Send a reading in one of the known formats. Devices that clear retained messages this way: keep their topics out with --filter.',
  },
  DECODE_MALFORMED: {
    meaning:
      'The payload is not in the format that its topic or content type says, or in none that is known.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Compare the payload in the dead-letter topic with the format; name the format by content type or topic rule.',
  },
  DECODE_INVALID: {
    meaning: 'The payload is well formed, but a field is missing, of the wrong type or out of range.',
    exitCode: ExitCode.badUsage,
    remedy:
      'The detail names the field and what it must be; mend the device. The payload is in the dead-letter topic, as it came.',
  },
  DECODE_TOO_LARGE: {
    meaning: 'The payload is larger than the gateway takes.',
    exitCode: ExitCode.badUsage,
    remedy: 'Send smaller payloads, or raise --max-payload. The first 16 KiB are in the dead-letter topic.',
  },
  DECODE_SEVERAL_DEVICES: {
    meaning: 'One payload holds readings of several devices, so that no one key keeps their order.',
    exitCode: ExitCode.badUsage,
    remedy: 'Send one payload a device, or let the gateway split it with --format json.',
  },
  GATEWAY_PORT_IN_USE: {
    meaning: 'Another program already listens on an address that the gateway was told to use.',
    exitCode: ExitCode.unreachable,
    remedy: 'End that program, or name another port; port 0 takes a free one.',
  },
  GATEWAY_LISTEN_FAILED: {
    meaning: 'The gateway cannot listen on an address: not one of this machine, or not permitted.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Name an address of this machine and a port above 1023; lower ones take root, or CAP_NET_BIND_SERVICE.',
  },
  GATEWAY_BROKER_UNREACHABLE: {
    meaning: 'The broker to subscribe to does not answer.',
    exitCode: ExitCode.unreachable,
    remedy: 'Check host and port of --subscribe, that the broker runs, and that no firewall is between.',
  },
  GATEWAY_BROKER_REFUSED: {
    meaning: 'The broker to subscribe to refuses the connection or the subscription.',
    exitCode: ExitCode.unreachable,
    remedy: 'Check credentials, permissions, and that the broker speaks MQTT 5 with shared subscriptions.',
  },
  GATEWAY_STATUS_UNREACHABLE: {
    meaning: 'No gateway answers at the observation port that was asked.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Check that the gateway runs, and that host and port are those of its --http (127.0.0.1:9464 where it names none).',
  },
  GATEWAY_STOPPING: {
    meaning:
      'A message came while the gateway was stopping; it was not acknowledged, and the device sends it again.',
    exitCode: ExitCode.unreachable,
    remedy: 'Nothing to do: it is taken when the gateway runs again.',
  },
  GATEWAY_PACKET_REPEATED: {
    meaning: 'A client sent one QoS 2 packet again and again without waiting for its PUBREC.',
    exitCode: ExitCode.badUsage,
    remedy: 'Mend the client: it sends a packet again only on a new connection.',
  },
  GATEWAY_INFLIGHT_FULL: {
    meaning: 'A client sends QoS 2 messages, but does not release them by PUBREL.',
    exitCode: ExitCode.badUsage,
    remedy: 'Mend the client, or raise --max-inflight for one that has that many open at a time.',
  },
  GATEWAY_TOO_MANY_TOPICS: {
    meaning: 'A message would need one more Kafka topic than the gateway may write to.',
    exitCode: ExitCode.badUsage,
    remedy: 'Raise --max-topics, or use fewer levels in --topic.',
  },
  GATEWAY_TOPIC_RESERVED: {
    meaning:
      'A client published to a topic that is not for clients: one that begins with $, or one whose readings would land among the dead letters.',
    exitCode: ExitCode.badUsage,
    remedy: 'Publish to another topic.',
  },
  GUARD_NOT_PERMITTED: {
    meaning: 'A client may not do this: connect as it did, or publish to that topic.',
    exitCode: ExitCode.badUsage,
    remedy:
      'If it should be allowed to, add it to the file of --passwords or --acl; both are read again when they change.',
  },
  GUARD_LIMIT_EXCEEDED: {
    meaning: 'A client exceeded a limit of the gateway.',
    exitCode: ExitCode.badUsage,
    remedy: 'Mend the client, or raise the limit that the detail names; see Limits in --help.',
  },
  GUARD_DEVICE_MISMATCH: {
    meaning: 'A client sent a reading of a device that is not its own, by --bind-device.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Somebody speaks for another device, or the client carries several: then say which with --bind-device-to.',
  },
  GUARD_PASSWORD_WRONG: {
    meaning: 'The password is not that of the user, or there is no such user.',
    exitCode: ExitCode.verdictFailed,
    remedy: 'Set it with `sensorsim-gateway passwd FILE USER`.',
  },
  SENSOR_REMOTE_REFUSED: {
    meaning: 'The host to send to is neither this machine nor in a private network.',
    exitCode: ExitCode.badUsage,
    remedy: 'If it is yours, or you may load it, add --allow-remote, or set SENSORSIM_ALLOW_REMOTE=true.',
  },
  SENSOR_UNREACHABLE: {
    meaning: 'Where the sensors send to did not answer at any time of the run, or its name is unknown.',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that it runs, and --host and --port; `npm start` brings a lab with a broker of its own.',
  },
  SENSOR_GAVE_UP: {
    meaning: 'No connection stood for as long as --give-up says.',
    exitCode: ExitCode.unreachable,
    remedy: 'Check the broker; without --give-up the sensors try for ever.',
  },
  SENSOR_REFUSED: {
    meaning:
      'The broker answered and refused the first connection: credentials, client id or protocol version.',
    exitCode: ExitCode.unreachable,
    remedy: 'Mend what the message names: --username and --password, --client-id, or --mqtt-version.',
  },
  KAFKA_UNREACHABLE: {
    meaning:
      'No broker of the Kafka cluster can be reached: unknown host, refused connection, or no answer in time.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Check the address and that Kafka runs there (here, `npm run kafka` starts one); brokers must also be reachable under the names that they advertise (advertised.listeners).',
  },
  KAFKA_SECURITY_MISMATCH: {
    meaning:
      'Kafka was reached, but the port wants another kind of connection: TLS or none, a login or none, another login mechanism, a certificate that is trusted.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Set --kafka-tls, --kafka-ca, --kafka-cert and --kafka-sasl as the listener of that port wants it.',
  },
  KAFKA_LOGIN_REFUSED: {
    meaning: 'Kafka does not accept the user name and password.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Check --kafka-username, --kafka-password and --kafka-sasl. A password that has changed takes a restart.',
  },
  KAFKA_NOT_AUTHORIZED: {
    meaning: 'Kafka does not let this user do what is needed: describe, create or write a topic.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Give the user DESCRIBE and WRITE on the topic (and CREATE where it is to be made), or READ to read it.',
  },
  KAFKA_TOPIC_MISSING: {
    meaning: 'A topic does not exist, and is not to be created or cannot have that name.',
    exitCode: ExitCode.unreachable,
    remedy: 'Create the topic, or leave out --no-create-topics.',
  },
  KAFKA_TOPIC_NOT_CREATED: {
    meaning: 'Kafka refused to create a topic.',
    exitCode: ExitCode.unreachable,
    remedy: 'Choose --partitions and --replication that the cluster allows, or create the topic yourself.',
  },
  KAFKA_RECORD_REFUSED: {
    meaning: 'Kafka refused a record for good: too large for the topic, or against one of its rules.',
    exitCode: ExitCode.unreachable,
    remedy:
      'The message holds the reason; raise max.message.bytes of the topic for larger payloads. The record is in the dead-letter topic.',
  },
  KAFKA_UNSUPPORTED: {
    meaning:
      'The Kafka cluster lacks what is needed (versions before 0.11), or a topic holds what cannot be read here (compressed by other than gzip).',
    exitCode: ExitCode.unreachable,
    remedy: 'Use Kafka 0.11 or newer; topics that are to be read here must be uncompressed or gzip.',
  },
  TOPIC_CORRUPT: {
    meaning:
      'A file of an embedded topic is damaged: a record whose checksum is wrong stands before others that are whole, or records are missing.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Restore the folder from a copy, or move the damaged file away: the records that it holds are then lost. The message names file, byte and offset.',
  },
  TOPIC_UNKNOWN: {
    meaning: 'An embedded topic, or a partition of one, does not exist.',
    exitCode: ExitCode.badUsage,
    remedy: 'Check the folder and the name; the message names what exists.',
  },
  TOPIC_NAME_INVALID: {
    meaning: 'The name of a topic is not 1 to 249 of A-Z a-z 0-9 . _ - or is . or ..',
    exitCode: ExitCode.badUsage,
    remedy: 'Choose another name; the rule is that of Kafka.',
  },
  TOPIC_OFFSET_OUT_OF_RANGE: {
    meaning: 'An embedded topic no longer holds the offset to read from, or does not hold it yet.',
    exitCode: ExitCode.badUsage,
    remedy: 'Read from the earliest offset; raise the retention where records went too early.',
  },
  SINK_LOCKED: {
    meaning: 'Another process writes to the same topic folder or file.',
    exitCode: ExitCode.unreachable,
    remedy:
      'End that process, or name another folder or file. The lock of a process that died is taken over.',
  },
  SINK_RECORD_TOO_LARGE: {
    meaning: 'A record is larger than the topic can hold.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Send smaller payloads, or raise max.message.bytes of the topic; --max-payload keeps larger ones out.',
  },
  SINK_STOPPED: {
    meaning: 'A record was not safe when the program had to end; its device has no acknowledgement for it.',
    exitCode: ExitCode.unreachable,
    remedy: 'The message says what kept it from being written; devices send it again.',
  },
  STATE_LOCKED: {
    meaning: 'Another gateway uses the same --state folder.',
    exitCode: ExitCode.unreachable,
    remedy: 'End that gateway, or name another folder by --state. The lock of a process that died is free.',
  },
  STATE_FOREIGN: {
    meaning: 'The --state folder holds something else, or the state of another version of the gateway.',
    exitCode: ExitCode.badUsage,
    remedy: 'Name an empty or new folder by --state.',
  },
  STATE_CORRUPT: {
    meaning: 'The --state folder is damaged: a file is missing or changed, or entries are gone.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Restore the folder from a copy, or move it away: subscribers then have to subscribe again, what waited for them and what was retained is lost, and a QoS 2 message in flight may come twice. Records in the spool are not touched.',
  },
  SPOOL_LOCKED: {
    meaning: 'Another process uses the same spool.',
    exitCode: ExitCode.unreachable,
    remedy:
      'End that process, or name another folder by --spool. The lock of a process that died is taken over.',
  },
  SPOOL_FOREIGN: {
    meaning:
      'A spool folder holds what this gateway may not write to its topics: records for another destination, or a format of another version.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Drain it with the settings that it was filled with (`sensorsim-gateway spool drain`), or name another folder by --spool.',
  },
  SPOOL_UNKNOWN: {
    meaning: 'A folder is not a spool, or does not exist.',
    exitCode: ExitCode.badUsage,
    remedy: 'Name the folder that --spool of the gateway names.',
  },
  SPOOL_UNREADABLE: {
    meaning: 'A file of the spool cannot be opened or read at present.',
    exitCode: ExitCode.unreachable,
    remedy: 'The message holds the reason of the system; a gateway that runs tries again by itself.',
  },
  SPOOL_FULL: {
    meaning: 'The spool has reached its size, and what is in it cannot be delivered yet.',
    exitCode: ExitCode.unreachable,
    remedy: 'Bring Kafka back; or raise --spool-max where the disk has room.',
  },
  SPOOL_EXPIRED: {
    meaning: 'A record was in the spool for longer than --spool-max-age.',
    exitCode: ExitCode.unreachable,
    remedy:
      'It is in the dead-letter topic, whole. Raise --spool-max-age, or leave it out, to keep records however old.',
  },
  FLEET_LOST: {
    meaning:
      'A fleet of sensors in another process or container ended, or fell silent, before its run was over.',
    exitCode: ExitCode.unreachable,
    remedy:
      'The message says where it ran and what it said last. Check memory and processor limits there, and that nobody stopped it.',
  },
  FLEET_MISMATCH: {
    meaning:
      'What runs where a fleet of sensors should run does not speak as this version of the suite does.',
    exitCode: ExitCode.badUsage,
    remedy: 'Use images and programs of one version on all hosts.',
  },
  FLEET_BACKLOG: {
    meaning:
      'A fleet in another process or container made truth rows faster than they were taken from it, until 64 MiB waited.',
    exitCode: ExitCode.unreachable,
    remedy: 'Let it send fewer readings a second, or bring it nearer: the way to its host is too slow.',
  },
  DOCKER_UNREACHABLE: {
    meaning: 'No Docker engine answers where one was looked for.',
    exitCode: ExitCode.unreachable,
    remedy: 'Start Docker there, or name another place by --docker or DOCKER_HOST.',
  },
  DOCKER_REFUSED: {
    meaning:
      'A Docker engine is there and does not let the program in, or is not the one it should be: permissions of the socket, TLS, certificates.',
    exitCode: ExitCode.unreachable,
    remedy:
      'The message says which side refused, and why. Over a network: --docker-certs names a folder with ca.pem, cert.pem and key.pem.',
  },
  DOCKER_IMAGE_MISSING: {
    meaning: 'The host of a Docker engine does not have an image that a container is to be made of.',
    exitCode: ExitCode.unreachable,
    remedy: 'Build it there with `npm run images`, or fetch it with `docker pull`.',
  },
  DOCKER_FAILED: {
    meaning:
      'A Docker engine could not do what it was asked: no space, no memory, a name or port that is taken, a container that is gone.',
    exitCode: ExitCode.unreachable,
    remedy: "The message holds the engine's own words, and what had been started before and was removed.",
  },
  CONTAINER_ENDED: {
    meaning: 'A container that the lab started ended before it was ready.',
    exitCode: ExitCode.unreachable,
    remedy: 'The message has its exit code and its last words; exit code 137 is mostly its memory limit.',
  },
  COMPOSE_NOT_READY: {
    meaning: 'The Compose project that a run is to be played on is not there, not whole, or not healthy.',
    exitCode: ExitCode.unreachable,
    remedy:
      'Start it: docker compose -f images/compose.yaml up -d --wait. Where there are several, --project names one.',
  },
  SCENARIO_INVALID: {
    meaning: 'A scenario file, or one that it includes, cannot be read or is wrong.',
    exitCode: ExitCode.badUsage,
    remedy:
      'Each problem names file, line and column. `sensorsim-lab check FILE` checks without running; docs/scenarios.md has every key.',
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;
