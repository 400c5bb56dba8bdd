import type { AuditReport } from './audit-report.js';

/** The audit for programs: the part of the object that both `up` and `audit` print. */
export function auditJson({
  hops,
  outcome,
  broken,
}: Pick<AuditReport, 'hops' | 'outcome' | 'broken'>): object {
  return {
    audit: outcome.findings,
    hops,
    firstLost: outcome.firstLost,
    verdict: broken.length === 0 ? 'pass' : 'fail',
    broken,
    warnings: outcome.warnings,
  };
}
