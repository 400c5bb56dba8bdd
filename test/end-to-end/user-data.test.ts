import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { loadConfig, type OptionTable, variableOf } from 'sensorsim-shared';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gatewayOptions } from '../../packages/gateway/src/options.js';
import { sensorOptions } from '../../packages/sensor/src/options.js';
import { hostFiles, userData } from '../../scripts/user-data.js';
import { environmentFile } from '../support/systemd-unit.js';

const vm = fileURLToPath(new URL('../../images/vm/', import.meta.url));

interface UserData {
  readonly write_files: readonly {
    readonly path: string;
    readonly permissions: string;
    readonly content: string;
  }[];
}

describe.each(['sensor', 'gateway'] as const)('user-data of a %s host', (role) => {
  const text = readFileSync(join(vm, `${role}.yaml`), 'utf8');
  const data = parse(text) as UserData;

  it('is what its files make: node scripts/user-data.js', () => {
    expect(text).toBe(userData(role));
  });

  it('puts every file onto the machine as it is here', () => {
    const written = new Map(data.write_files.map((file) => [file.path, file]));
    for (const { path, source, mode } of hostFiles(role)) {
      expect(written.get(path)).toEqual({ path, permissions: mode, content: readFileSync(source, 'utf8') });
    }
    expect(written.get('/usr/local/sbin/certificates.sh')?.permissions).toBe('0755');
  });

  it('holds nothing secret', () => {
    expect(text).not.toMatch(/PRIVATE KEY|^\s*[A-Z_]*PASSWORD=|passwd:|chpasswd/m);
  });

  it('opens no engine without TLS', () => {
    const [line, ...further] = text.match(/dockerd -H [^\\]*\\\n.*/g) ?? [];
    expect(further).toEqual([]);
    expect(line).toMatch(/ -H tcp:\/\/0\.0\.0\.0:2376 .* --tlsverify /s);
    expect(text).not.toContain('2375');
  });

  it('is small enough, compressed, for a cloud that takes 16 KiB', () => {
    expect(gzipSync(text, { level: 9 }).length).toBeLessThan(16 * 1024);
  });
});

describe('settings of the services', () => {
  const programs: [string, OptionTable, string][] = [
    ['sensor/etc/sensorsim/fleet.env', sensorOptions, 'SENSORSIM'],
    ['gateway/etc/sensorsim/gateway.env', gatewayOptions, 'SENSORSIM_GATEWAY'],
  ];

  it.each(programs)(
    '%s names variables that there are, also in what is commented out',
    (file, table, prefix) => {
      const known = Object.values(table).flatMap((option) => {
        const variable = variableOf(prefix, option);
        return option.secret === true ? [variable, `${variable}_FILE`] : [variable];
      });
      const named = readFileSync(join(vm, file), 'utf8').match(/^#?SENSORSIM_\w+(?==)/gm) ?? [];
      expect(named.length).toBeGreaterThan(0);
      expect(known).toEqual(expect.arrayContaining(named.map((name) => name.replace('#', ''))));
    },
  );

  it.each(programs)('%s is taken by the program', (file, table, prefix) => {
    const { SENSORSIM_PASSWORD_FILE: secret, ...env } = environmentFile(join(vm, file));
    expect(() => loadConfig({ table, prefix, flags: {}, env })).not.toThrow();
    expect(secret ?? '/run/secrets/password').toBe('/run/secrets/password');
  });
});
