import { resolve } from 'node:path';
import type { Command } from 'commander';
import { addOptions, ExitCode, loadConfig, readFlags, SuiteError } from 'sensorsim-shared';
import { wantsColor } from '../print/wants-color.js';
import type { ProgramIo, StopSignal } from '../program.js';
import { openScenario } from '../scenario/open-scenario.js';
import { datasetOptions, parseSeeds, verifyOptions } from './dataset-options.js';
import { renderDataset, renderVerification } from './render-dataset.js';
import { verifyDataset } from './verify-dataset.js';
import { writeDataset } from './write-dataset.js';

const examples = `
Examples:
  sensorsim-lab dataset office.yaml --out office            train, validation and test runs, as Parquet, with truth apart
  sensorsim-lab dataset office.yaml --out office --format csv --pcap --view ton-iot
  sensorsim-lab dataset office.yaml --out small --seeds 1/2 --set count=10
  sensorsim-lab dataset verify office                       hashes, joins, labels, leaks

By a virtual clock, without broker and sockets: the same scenario and seeds give the same bytes. The scenario's section
dataset names the seeds of each split, the patterns held out of all but the test runs, and parameters of theirs.
Exit code: 0 done; 1 the leak audit failed: one column tells attacks from the rest; 2 bad usage; 130 or 143 ended by a signal.`;

const verifyExamples = `
Examples:
  sensorsim-lab dataset verify office

Exit code: 0 whole; 1 it is not, or one column tells attacks from the rest; 2 no data set.`;

/** `sensorsim-lab dataset`. */
export function datasetCommand(program: Command, io: ProgramIo, done: (code: ExitCode) => void): void {
  const command = program
    .command('dataset')
    .summary('write a scenario as a labelled data set, or verify one')
    .description(
      'Plays a scenario by a virtual clock, several times with different seeds, and writes what a gateway would see as ' +
        'tables, the truth of every message apart, connection events and intervals, split into train, validation and test.',
    )
    .usage('FILE --out DIR [options]');
  addOptions(command, datasetOptions)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', examples)
    .action(async () => {
      done(await dataset(command, io));
    });
  const verify = command
    .command('verify')
    .summary('look whether a data set is whole')
    .description(
      'Looks whether every file of a data set is as it was written, every message has its truth and the reverse, no uid stands ' +
        'twice, intervals cover what is labelled, and no name, connection or time alone tells attacks from the rest.',
    )
    .usage('DIR [options]');
  addOptions(verify, verifyOptions)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', verifyExamples)
    .action(async () => {
      done(await verifyAction(verify, io));
    });
}

async function dataset(command: Command, io: ProgramIo): Promise<ExitCode> {
  const { flags, problems, operands } = readFlags(command, datasetOptions, true);
  const { values } = loadConfig({
    table: datasetOptions,
    prefix: 'SENSORSIM_LAB',
    flags,
    flagProblems: [...problems, ...(operands.length === 1 ? [] : ['FILE: name one scenario file'])],
    env: io.env,
    check: ({ out }) => (out === undefined ? ['--out: name the folder of the data set'] : []),
  });
  const [path = ''] = operands;
  const { scenarios } = openScenario({ path, set: values.set, cwd: io.cwd });
  if (scenarios.length !== 1) {
    throw new SuiteError('CONFIG_INVALID', `${path} has a matrix of ${scenarios.length} scenarios`, {
      hint: 'A data set is of one scenario: choose it with --set.',
    });
  }
  const [scenario] = scenarios;
  const stop = new AbortController();
  let signal: StopSignal | undefined;
  const endSignals = io.onSignal((received) => {
    signal ??= received;
    stop.abort();
  });
  try {
    const written = await writeDataset({
      scenario: scenario as NonNullable<typeof scenario>,
      directory: resolve(io.cwd, values.out as string),
      format: values.format,
      pcap: values.pcap,
      exports: values.view,
      seeds: values.seeds === undefined ? undefined : parseSeeds(values.seeds),
      licence: values.licence,
      force: values.force,
      say: (line) => io.stderr.write(`${line}\n`),
      stop: stop.signal,
    });
    if (written === undefined) {
      return signal === 'SIGTERM' ? ExitCode.terminated : ExitCode.interrupted;
    }
    io.stderr.write(renderDataset(written, values.out as string, wantsColor(io.stderr, io.env)));
    if (values.json) {
      io.stdout.write(`${JSON.stringify({ ...written.manifest, leakAudit: written.audit })}\n`);
    }
    return written.audit.verdict === 'fail' ? ExitCode.verdictFailed : ExitCode.done;
  } finally {
    endSignals();
  }
}

async function verifyAction(command: Command, io: ProgramIo): Promise<ExitCode> {
  const { flags, problems, operands } = readFlags(command, verifyOptions, true);
  // Flags that both commands have are taken by the outer one.
  const { json, ...foreign } = readFlags(command.parent as Command, datasetOptions, true).flags;
  const { values } = loadConfig({
    table: verifyOptions,
    prefix: 'SENSORSIM_LAB',
    flags: { ...flags, json: flags.json ?? json },
    flagProblems: [
      ...problems,
      ...(operands.length === 1 ? [] : ['DIR: name the folder of one data set']),
      ...Object.keys(foreign)
        .filter((name) => foreign[name] !== undefined)
        .map((name) => `--${name}: verify does not take it`),
    ],
    env: io.env,
  });
  const [directory = ''] = operands;
  const found = await verifyDataset(resolve(io.cwd, directory));
  io.stderr.write(renderVerification(found, directory, wantsColor(io.stderr, io.env)));
  const valid = found.problems.length === 0 && found.leakAudit?.verdict !== 'fail';
  if (values.json) {
    io.stdout.write(`${JSON.stringify({ valid, ...found })}\n`);
  }
  return valid ? ExitCode.done : ExitCode.verdictFailed;
}
