/** Makes docs/scenarios.md: prose, and tables from the schema of scenarios and the registries of patterns, faults and metrics. */
import { describePattern, patterns, targetText } from 'sensorsim';
import { faults, metrics } from 'sensorsim-lab';
import { formatDuration, scenarioReference } from 'sensorsim-shared';

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

/** @param {unknown} value */
const code = (value) =>
  `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('|', '\\|')}\``;

const intro = `# Scenarios

A scenario is a YAML file that states load, attacks, faults and expectations of a run. Its name is the claim that it checks.

\`\`\`sh
sensorsim-lab check FILE…      # everything that is wrong, with line, column and the likely word
sensorsim-lab explain FILE     # what will happen when, as a timeline
sensorsim-lab list [DIR]       # the scenarios of a folder
sensorsim-lab run FILE         # plays it; the exit code is the verdict
sensorsim-lab dataset FILE --out DIR   # writes it as a labelled data set
\`\`\`

\`\`\`yaml
# yaml-language-server: $schema=../docs/scenario.schema.json
version: 1
claim: While one device floods, the others keep their latency.
duration: 60s
vars: { count: 20 }

fleet:
  office:
    type: temperature
    count: \${count}
    delay: 1s
    jitter: 100ms

gateway:
  publish-rate: 20

attacks:
  - id: flood
    pattern: timing.flood
    targets: { devices: 1 }
    at: 20s
    for: 20s

faults:
  - { id: crash, fault: gateway.kill, at: 50s, for: 2s }

expect:
  - delivery.lost = 0
  - { that: delivery.latencyMs.p99 <= 200ms, during: flood, devices: others }
\`\`\`

The first line lets editors with a YAML language server complete keys and names and explain them.

**Times** are device time, as the fleet's clock has it: with \`clock: 60x\` a minute of the file is a second of yours. A duration is
a number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`; a bare number is ms. \`at\` takes a time after the start (\`30s\`), a part of the duration
(\`25%\`), a local time of day (\`08:30\`: the first after \`start\`, in the site's time zone) or an instant (ISO 8601). With \`every\` it comes
again, \`times\` often or until the end.

**Targets** narrow, key by key: \`group\`, \`room\`, \`ids\` and \`devices\` (places, from 1) first; \`oneRoom\`, \`share\` and \`random\` then draw from what is left,
by the seed. Another device in the fleet changes no draw of a share.

**Expectations** are sentences: a metric, \`=\`, \`!=\`, \`<\`, \`<=\`, \`>\` or \`>=\`, and a bound: a number, a duration (\`200ms\`), a
percentage (\`99%\`) or a size (\`64MiB\`). Under \`that\` the same sentence can be narrowed to a part of the run and of the fleet. A value
that could not be measured fails every bound.

**Variables**: \`\${name}\` stands for one anywhere in a value; a value that is nothing else takes its type (within braces it must be quoted: \`{ count: "\${count}" }\`); \`$\${\` is a plain \`\${\`. Their defaults stand
under \`vars\`, and \`--set name=value\` changes them; it also sets \`seed\`, \`duration\`, \`clock\` and \`start\`.

**Matrix**: lists of values by variable; the scenario is run with each combination, at most 1,000. Seeds are an axis like others:
\`matrix: { seed: [1, 2, 3], ack: [kafka, receive] }\`. What \`--set\` names is fixed to one value.

**Includes**: files that this one builds on, relative to it, each read once. Keys of later files win over those of earlier ones, and this
file over all; lists of \`attacks\`, \`faults\` and \`expect\` are appended, other lists replaced; a key without a value (\`lobby:\`) is taken away.

**Safety**: patterns play against brokers on loopback or private addresses only, and within caps on rate, connections and payload;
no scenario can switch that off.

A file may be 1 MiB, nested 32 deep, and put together from 100 files.
`;

const titles = {
  '': 'The file',
  site: '`site`: rooms, day and weather',
  fleet: '`fleet`: groups of devices, by name',
  attacks: '`attacks`: patterns at work (a list)',
  faults: '`faults`: what breaks (a list)',
  expect: '`expect`: what must come true (a list)',
  dataset: '`dataset`: splits of the data set',
};

/** Headings and tables of keys. */
function keys() {
  const gateway = [
    '### `gateway`: what is started, or what runs already',
    '',
    'Either `address`, the URL of a gateway or broker that runs already; or any settings of the gateway that the run starts, by their keys in',
    '[its configuration file](configuration.md#sensorsim-gateway), as `ack: spool`, `publish-rate: 20` or `acl: rights.txt` (files are relative to the scenario). What the lab',
    'decides itself (ports, folders, where records go) is refused with the reason.',
    '',
  ];
  return scenarioReference().flatMap(({ name, keys: rows }) => [
    ...(name === 'attacks' ? gateway : []),
    `### ${titles[/** @type {keyof typeof titles} */ (name)]}`,
    '',
    '| key | takes | what it is |',
    '|---|---|---|',
    ...rows.map(({ key, takes, description, examples }) => {
      const shown = examples.length === 0 ? '' : `; as ${examples.map(code).join(', ')}`;
      return `| \`${key}\` | ${cell(takes)} | ${cell(description)}${shown} |`;
    }),
    '',
  ]);
}

/** @param {import('zod').ZodObject} parameters */
function parametersOf(parameters) {
  const initial = /** @type {Record<string, unknown>} */ (parameters.parse({}));
  return Object.entries(parameters.shape)
    .map(([name, schema]) =>
      parameter(name, initial[name], /** @type {{ description?: string }} */ (schema).description ?? ''),
    )
    .join('<br>');
}

/**
 * @param {string} name
 * @param {unknown} initial
 * @param {string} description
 */
function parameter(name, initial, description) {
  return `\`${name}\`${initial === undefined ? '' : ` (${code(initial)})`}: ${cell(description)}`;
}

function patternTable() {
  const kinds = { attack: 'Attacks', fault: 'Natural faults of devices', benign: 'Harmless events' };
  return Object.entries(kinds).flatMap(([cause, title]) => [
    `### ${title}`,
    '',
    '| pattern | what it does | parameters (defaults) | to be seen | ATT&CK | where nothing is said |',
    '|---|---|---|---|---|---|',
    ...patterns
      .filter((pattern) => pattern.cause === cause)
      .map((pattern) => {
        const settings = describePattern(pattern).map((one) =>
          parameter(one.name, one.initial, one.description),
        );
        const techniques = pattern.techniques.map(({ id, name }) => `${id} ${name}`).join(', ');
        const lasts = Number.isFinite(pattern.forMs) ? `for ${formatDuration(pattern.forMs)}` : 'to the end';
        const on = pattern.role === 'none' ? '' : `, ${targetText(pattern.targets)}`;
        return `| \`${pattern.name}\` | ${cell(`${pattern.title}. ${pattern.description}`)} | ${settings.join('<br>')} | ${cell(pattern.signal)} | ${techniques} | ${lasts}${on} |`;
      }),
    '',
  ]);
}

function faultTable() {
  return [
    '| fault | what breaks | parameters (defaults) | to be seen | with `--on compose` | where nothing is said |',
    '|---|---|---|---|---|---|',
    ...faults.map(
      (fault) =>
        `| \`${fault.name}\` | ${cell(`${fault.title}. ${fault.description}`)} | ${parametersOf(fault.parameters)} | ${cell(fault.signal)} | ${cell(onContainers(fault))} | for ${formatDuration(fault.forMs)} |`,
    ),
    '',
  ];
}

/** @param {(typeof faults)[number]} fault */
function onContainers({ onContainers: text }) {
  return 'plays' in text ? text.plays : `not: ${text.cannot}`;
}

function metricTable() {
  const units = { number: 'number', ms: 'duration', bytes: 'size', share: 'percentage' };
  return [
    '`during` can be told of metrics marked d, `group` of those marked g, `devices` of those marked i. A `*` stands for a name of your choice, as the reason',
    'in `guards.refused.*` or the id in `recovery.*`.',
    '',
    '| metric | bound | narrows | what it counts |',
    '|---|---|---|---|',
    ...metrics.map(({ name, unit, description, windowed, perDevice, perGroup }) => {
      const narrows = [windowed && 'd', (perGroup || perDevice) && 'g', perDevice && 'i']
        .filter(Boolean)
        .join(' ');
      return `| \`${name}\` | ${units[unit]} | ${narrows} | ${cell(description)} |`;
    }),
    '',
  ];
}

/** The lines of the page. */
export function scenarioPage() {
  return [
    intro,
    '## Keys',
    '',
    ...keys(),
    '## Patterns',
    '',
    'Also shown by `sensorsim --list-patterns` and `sensorsim --explain PATTERN`. Parameters take numbers, durations and words as below.',
    '',
    ...patternTable(),
    '## Faults of the deployment',
    '',
    ...faultTable(),
    '## Metrics',
    '',
    ...metricTable(),
  ];
}
