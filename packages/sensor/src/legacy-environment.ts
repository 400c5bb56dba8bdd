import { isIP } from 'node:net';
import type { ConfigSource, Environment, NamedSetting, ResolvedConfig } from 'sensorsim-shared';
import type { SensorOptions, sensorOptions } from './options.js';

/** The variables of the 2018 sensor's container, and what each is here. */
export const legacyVariables = {
  PI_IP: 'host name or address of the gateway (default: 127.0.0.1)',
  PI_PORT:
    'its port: 1883 and 8883 are spoken to in MQTT, every other is posted the 2018 form (default: 1880)',
  NUM_MSG: 'readings of each device, then the sensor ends (default: no end)',
  SENSOR_ID: 'device id, also a template as of --id; several devices get .1, .2, … (default: the host name)',
  DELAY: 'microseconds between two readings of a device (default: 1000000)',
} as const;

type Variable = keyof typeof legacyVariables;

/** The ports of MQTT (IANA: mqtt, secure-mqtt). */
const mqttPorts = [1883, 8883];
const maxDelayMicros = 366 * 86_400 * 1_000_000;

/** What the 2018 variables come to. */
export interface LegacyEnvironment {
  /** By name of the option. */
  readonly settings: Readonly<Record<string, NamedSetting>>;
  /** Each with its variable. */
  readonly problems: readonly string[];
  /** What was read, assumed and left out, for people. */
  readonly note: string;
}

type Given = Pick<ResolvedConfig<typeof sensorOptions>, 'values' | 'sources'>;

/**
 * Reads `PI_IP PI_PORT NUM_MSG SENSOR_ID DELAY` as the settings that they are today, as far as nothing else gives those; undefined:
 * none of the variables is set.
 * @param given what flags, SENSORSIM_… variables and file say
 */
export function readLegacyEnvironment(env: Environment, given: Given): LegacyEnvironment | undefined {
  const reader = new Reader(env, given);
  return reader.isEmpty ? undefined : reader.read();
}

class Reader {
  readonly #env: Environment;
  readonly #values: Partial<SensorOptions>;
  readonly #sources: Readonly<Record<string, ConfigSource>>;
  readonly #settings: Record<string, NamedSetting> = {};
  readonly #problems: string[] = [];
  readonly #said: string[] = [];
  readonly #assumed: string[] = [];
  readonly #unused: string[] = [];

  constructor(env: Environment, { values, sources }: Given) {
    this.#env = env;
    this.#values = values;
    this.#sources = sources;
  }

  get isEmpty(): boolean {
    return Object.keys(legacyVariables).every((name) => this.#text(name as Variable) === undefined);
  }

  read(): LegacyEnvironment {
    const devices = this.#values.count ?? this.#values.type?.length ?? 1;
    this.#target();
    this.#id(devices);
    this.#limit(devices);
    this.#delay();
    const list = (title: string, items: readonly string[]): string =>
      items.length === 0 ? '' : `; ${title}: ${items.join(', ')}`;
    return {
      settings: this.#settings,
      problems: this.#problems,
      note: `by the variables of 2018: ${this.#said.join(', ')}${list('not set', this.#assumed)}${list('not used', this.#unused)}`,
    };
  }

  #target(): void {
    const rival = this.#rival('post', 'broker', 'host', 'port', 'out');
    if (rival !== undefined) {
      this.#leaveOut(rival, 'PI_IP', 'PI_PORT');
      return;
    }
    const host = this.#host();
    const port = this.#integer('PI_PORT', 1, 65_535) ?? this.#assume('PI_PORT', 1880);
    if (host === undefined || Number.isNaN(port)) {
      return;
    }
    const place = this.#places('PI_IP', 'PI_PORT');
    if (mqttPorts.includes(port)) {
      this.#settings.host = { raw: host, place: this.#places('PI_IP') };
      this.#settings.port = { raw: String(port), place: this.#places('PI_PORT') };
      this.#said.push(`publishes to ${host} port ${port} over MQTT, whose port it is`);
    } else {
      const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/readings-form`;
      this.#settings.post = { raw: url, place };
      this.#said.push(`posts the form to ${url}`);
    }
  }

  #host(): string | undefined {
    const text = this.#text('PI_IP');
    if (text === undefined) {
      return this.#assume('PI_IP', '127.0.0.1');
    }
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    if (isIP(bare) !== 0 || /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(bare)) {
      return bare;
    }
    this.#problems.push(
      `PI_IP: "${text}" is neither a host name nor an address, as 10.0.0.5; the port is PI_PORT's`,
    );
    return undefined;
  }

  #id(devices: number): void {
    const text = this.#text('SENSOR_ID');
    if (this.#sources.id !== 'default') {
      this.#leaveOut('id', 'SENSOR_ID');
      return;
    }
    if (text !== undefined && !/^[A-Za-z0-9._:{}-]{1,128}$/.test(text)) {
      this.#problems.push(`SENSOR_ID: "${text}" is no device id, 1 to 128 of A-Z a-z 0-9 . _ : -`);
      return;
    }
    const template = text ?? '{host}';
    // Not a hyphen: the stream jobs of 2018 split at it.
    const tellsApart = /\{(?!host\}|prefix\})/.test(template);
    const id = devices === 1 || tellsApart ? template : `${template}.{i}`;
    this.#settings.id = { raw: id, place: this.#places('SENSOR_ID') };
    if (this.#sources.seed === 'default') {
      // Or containers that are one room's neighbours by number would have its course in common.
      this.#settings.seed = { raw: template, place: this.#places('SENSOR_ID') };
    }
    if (text === undefined) {
      this.#assumed.push('SENSOR_ID (the host name)');
    } else {
      this.#said.push(`id ${id}`);
    }
  }

  #limit(devices: number): void {
    const readings = this.#integer('NUM_MSG', 1, Number.MAX_SAFE_INTEGER / devices);
    if (this.#sources.limit !== 'default') {
      this.#leaveOut('limit', 'NUM_MSG');
    } else if (readings === undefined) {
      this.#assumed.push('NUM_MSG (no end)');
    } else if (!Number.isNaN(readings)) {
      this.#settings.limit = { raw: String(readings * devices), place: 'NUM_MSG' };
      this.#said.push(
        `${readings} ${readings === 1 ? 'reading' : 'readings'}${devices === 1 ? '' : ' a device'}`,
      );
    }
  }

  #delay(): void {
    const rival = this.#rival('delay', 'rate');
    if (rival !== undefined) {
      this.#leaveOut(rival, 'DELAY');
      return;
    }
    const micros = this.#integer('DELAY', 1, maxDelayMicros) ?? this.#assume('DELAY', 1_000_000);
    if (!Number.isNaN(micros)) {
      const delayMs = micros / 1_000;
      this.#settings.delay = { raw: String(delayMs), place: this.#places('DELAY') };
      this.#said.push(`every ${delayMs} ms`);
    }
  }

  /** What a variable says; empty ones say nothing. */
  #text(name: Variable): string | undefined {
    const text = this.#env[name]?.trim();
    return text === '' ? undefined : text;
  }

  /** Undefined: it is not set. NaN: it is wrong, and reported. */
  #integer(name: Variable, min: number, max: number): number | undefined {
    const text = this.#text(name);
    if (text === undefined) {
      return undefined;
    }
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) {
      return value;
    }
    const range = name === 'NUM_MSG' ? `of at least ${min}` : `from ${min} to ${max}`;
    this.#problems.push(`${name}: "${text}" is not a whole number ${range}${hints[name] ?? ''}`);
    return Number.NaN;
  }

  #assume<T>(name: Variable, value: T): T {
    this.#assumed.push(`${name} (${value})`);
    return value;
  }

  /** The first of some options that something else gives. */
  #rival(...options: readonly (keyof SensorOptions)[]): string | undefined {
    return options.find((name) => this.#sources[name] !== 'default');
  }

  #leaveOut(rival: string, ...names: readonly Variable[]): void {
    const set = names.filter((name) => this.#text(name) !== undefined);
    this.#unused.push(...set.map((name) => `${name} (there is --${rival}, or its variable)`));
  }

  /** The variables as the user knows them; those that are not set are told so. */
  #places(...names: readonly Variable[]): string {
    return names.map((name) => (this.#text(name) === undefined ? `${name} (not set)` : name)).join(' ');
  }
}

const hints: Partial<Record<Variable, string>> = {
  NUM_MSG: '; leave it out to send without end',
  DELAY: ' microseconds',
};
