import { auditOptions } from './audit/audit-options.js';
import { upOptions } from './compose/up-options.js';
import { datasetOptions, verifyOptions } from './dataset/dataset-options.js';
import { replayOptions } from './replay/replay-options.js';
import { runOptions } from './run/run-options.js';
import { checkOptions, explainOptions, listOptions } from './scenario/scenario-options.js';
import { traceOptions } from './trace/trace-options.js';

/** Every setting of `sensorsim-lab`, by command. */
export const labOptionTables = {
  up: upOptions,
  run: runOptions,
  audit: auditOptions,
  trace: traceOptions,
  check: checkOptions,
  list: listOptions,
  explain: explainOptions,
  dataset: datasetOptions,
  'dataset verify': verifyOptions,
  replay: replayOptions,
};
