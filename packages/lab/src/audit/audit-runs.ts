import { deadLetterSuffix, didYouMean, SuiteError } from 'sensorsim-shared';
import { Audit, type AuditFindings, type LostReadings, TimeJoinNeeded } from './audit.js';
import type { OpenRun } from './open-run.js';
import { readTruth } from './read-truth.js';
import type { TopicSource } from './topic-source.js';

export interface AuditRunsInput {
  /** At least one; several are shards of one fleet, or runs one after the other. */
  readonly runs: readonly OpenRun[];
  readonly source: TopicSource;
  /** Topics of readings; the dead letters of each are looked up too. */
  readonly topics: readonly string[];
  /** Also counts what this gateway wrote, whoever sent it. */
  readonly gatewayId?: string;
  /** A run without readings, and a topic that was never made, are no mistakes: for a run that ended just now. */
  readonly mayBeEmpty?: boolean;
}

export interface AuditOutcome {
  readonly findings: AuditFindings;
  /** The first few ranges of lost readings, device by device. */
  readonly firstLost: readonly LostReadings[];
  /** Records of `gatewayId` in the topics, dead letters apart. */
  readonly gatewayRecords: number;
  /** Records read, dead letters included. */
  readonly recordsRead: number;
  readonly warnings: readonly string[];
}

const lostShown = 5;

/**
 * Audits runs against topics: reads every truth row, then every record, each once and in passing.
 * @throws {SuiteError} RUN_INVALID; TOPIC_UNKNOWN; what the source throws
 */
export async function auditRuns(input: AuditRunsInput): Promise<AuditOutcome> {
  const known = await input.source.topics();
  if (input.mayBeEmpty !== true) {
    refuseUnknownTopics(input, known);
  }
  const topics = input.topics.filter((topic) => known.includes(topic));
  const deadLetterTopics = input.topics
    .map((topic) => `${topic}${deadLetterSuffix}`)
    .filter((topic) => known.includes(topic));
  try {
    return await pass(input, { topics, deadLetterTopics }, false);
  } catch (error) {
    if (error instanceof TimeJoinNeeded) {
      return await pass(input, { topics, deadLetterTopics }, true);
    }
    throw error;
  }
}

function refuseUnknownTopics({ topics, source }: AuditRunsInput, known: readonly string[]): void {
  const unknown = topics
    .filter((topic) => !known.includes(topic))
    .map((topic) => `"${topic}"${didYouMean(topic, known)}`);
  if (unknown.length === 0) {
    return;
  }
  const there = known.filter((name) => !name.endsWith(deadLetterSuffix) && !name.startsWith('__'));
  const few = `${there.slice(0, 10).join(', ')}${there.length > 10 ? ', …' : ''}`;
  throw new SuiteError('TOPIC_UNKNOWN', `${source.name} has no topic ${unknown.join(', ')}`, {
    hint:
      there.length === 0
        ? 'It has no topic of readings at all.'
        : `Name one of its topics with --topic: ${few}.`,
  });
}

async function pass(
  { runs, source, gatewayId, mayBeEmpty }: AuditRunsInput,
  { topics, deadLetterTopics }: { topics: readonly string[]; deadLetterTopics: readonly string[] },
  joinOnTs: boolean,
): Promise<AuditOutcome> {
  const audit = new Audit(joinOnTs);
  const warnings = runs.flatMap((run) => run.warnings);
  let rows = 0;
  for (const run of runs) {
    audit.beginRun();
    const result = await readTruth(run.truthPath, (row) => audit.claim(row));
    rows += result.rows;
    if (result.torn) {
      warnings.push(`${run.truthPath} ends in the middle of line ${result.rows + 1}, which is left out.`);
    }
  }
  if (rows === 0 && mayBeEmpty !== true) {
    const names = runs.map(({ directory }) => directory).join(', ');
    throw new SuiteError('RUN_INVALID', `${names} holds no readings, so there is nothing to audit`);
  }
  let gatewayRecords = 0;
  let recordsRead = 0;
  for (const topic of topics) {
    for await (const record of source.read(topic)) {
      recordsRead++;
      gatewayRecords += record.gatewayId === gatewayId ? 1 : 0;
      audit.record(record);
    }
  }
  for (const topic of deadLetterTopics) {
    for await (const record of source.read(topic)) {
      recordsRead++;
      audit.deadLetter(record);
    }
  }
  const firstLost: LostReadings[] = [];
  for (const lost of audit.lost()) {
    if (firstLost.push(lost) === lostShown) {
      break;
    }
  }
  return { findings: audit.findings(), firstLost, gatewayRecords, recordsRead, warnings };
}
