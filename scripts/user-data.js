/**
 * Writes images/vm/sensor.yaml and images/vm/gateway.yaml, the cloud-init user-data of the two kinds of hosts, from the files that
 * they put onto a machine: images/vm/host (both), images/vm/sensor, images/vm/gateway, and images/certificates.sh.
 * With --check: writes nothing, and fails where a file is not what it would write.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const images = fileURLToPath(new URL('../images/', import.meta.url));

/** @typedef {'sensor' | 'gateway'} Role */

/** @type {Readonly<Record<Role, { title: string, edit: string, unit: string }>>} */
const roles = {
  sensor: {
    title: 'sensor host: Docker with its API, and virtual sensors as a service',
    edit: '/etc/sensorsim/fleet.env (the broker, how many sensors)',
    unit: 'sensorsim@fleet.service',
  },
  gateway: {
    title: 'gateway host: Docker with its API, and the gateway as a service',
    edit: '/etc/sensorsim/gateway.env (Kafka)',
    unit: 'sensorsim-gateway.service',
  },
};

/** What an operator changes comes first; programs, which are long, last. */
const order = ['etc/sensorsim/', 'etc/systemd/', 'etc/', 'usr/'];

/**
 * Files of a folder and its folders, relative to it.
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
}

/**
 * What a host gets: where, from which file of this repository, with which mode.
 * @param {Role} role
 * @returns {{ path: string, source: string, mode: string }[]}
 */
export function hostFiles(role) {
  const files = [join(images, `vm/${role}/`), join(images, 'vm/host/')].flatMap((folder) =>
    filesIn(folder).map((path) => ({ path, source: join(folder, path) })),
  );
  files.push({ path: 'usr/local/sbin/certificates.sh', source: join(images, 'certificates.sh') });
  const rank = (/** @type {string} */ path) => order.findIndex((prefix) => path.startsWith(prefix));
  return files
    .sort((a, b) => rank(a.path) - rank(b.path) || (a.path < b.path ? -1 : 1))
    .map(({ path, source }) => ({
      path: `/${path}`,
      source,
      mode: statSync(source).mode & 0o100 ? '0755' : '0644',
    }));
}

/** @param {{ path: string, source: string, mode: string }} file */
function entryOf({ path, source, mode }) {
  const lines = readFileSync(source, 'utf8').trimEnd().split('\n');
  return [
    `  - path: ${path}`,
    `    permissions: "${mode}"`,
    '    content: |',
    ...lines.map((line) => (line === '' ? '' : `      ${line}`)),
  ].join('\n');
}

/**
 * The user-data of a host.
 * @param {Role} role
 */
export function userData(role) {
  const { title, edit, unit } = roles[role];
  return `#cloud-config
# A bare virtual machine (Debian 12, Ubuntu 24.04, or later) becomes a ${title}.
# How to use it, from here to the first reading: docs/operations/hosts.md.
#
# Change ${edit} below, and who may reach the host in /etc/sensorsim/firewall.nft.
# Nothing secret belongs here: programs on the machine can read its user-data. Keys are made on the machine; passwords go there by ssh.
# Where 16 KiB is the limit (EC2), give it compressed: gzip -9 ${role}.yaml.
#
# Made by scripts/user-data.js from images/vm and images/certificates.sh: what is to last is changed there.

# You log in as the user that the system's image brings (debian, ubuntu), with the key that your provider knows of you. Or give it here:
# ssh_authorized_keys: [ssh-ed25519 AAAA... you@example.org]
users: [default]
disable_root: true
ssh_pwauth: false

package_update: true
package_upgrade: true
# docker.io: the distribution's own, which its security updates reach without a further repository and key. chrony: readings carry
# the time of this machine.
packages: [docker.io, iptables, nftables, openssl, chrony, unattended-upgrades]

write_files:
${hostFiles(role).map(entryOf).join('\n')}

runcmd:
  - [systemd-sysusers]
  - [systemd-tmpfiles, --create, /etc/tmpfiles.d/sensorsim.conf]
  - [modprobe, nf_conntrack]
  - [sysctl, --system]
  - [systemctl, daemon-reload]
  - [systemctl, enable, --now, sensorsim-firewall.service]
  # Its package has started it, perhaps before there were certificates or a firewall.
  - [systemctl, reset-failed, docker.service]
  - [systemctl, enable, docker.service]
  - [systemctl, restart, docker.service]
  - [systemctl, enable, --now, --no-block, ${unit}]

# Where the update of the system brought a new kernel: now is the best time for it.
power_state:
  mode: reboot
  condition: test -e /run/reboot-required
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  let stale = false;
  for (const role of /** @type {Role[]} */ (Object.keys(roles))) {
    const file = join(images, `vm/${role}.yaml`);
    const text = userData(role);
    if (!check) {
      writeFileSync(file, text);
    } else if (readFileSync(file, 'utf8') !== text) {
      process.stderr.write(`${file} is out of date; run: node scripts/user-data.js\n`);
      stale = true;
    }
  }
  process.exitCode = stale ? 1 : 0;
}
