import { connectDocker } from '../../docker/index.js';
import type { ToGuard } from './run-guard.js';
import { runLabel } from './run-labels.js';

/**
 * Outlives a lab that dies in the middle of a run on containers: resumes the Kafka that it had paused, and removes what it had made. The
 * end of the channel tells of the death.
 */

let task: Extract<ToGuard, { kind: 'guard' }> | undefined;
let isKafkaPaused = false;

process.on('message', (message: ToGuard) => {
  switch (message.kind) {
    case 'guard':
      task = message;
      break;
    case 'kafka':
      isKafkaPaused = message.isPaused;
      break;
    case 'done':
      process.exit(0);
  }
});
process.on('disconnect', () => void cleanUp());
if (!process.connected) {
  void cleanUp();
}

async function cleanUp(): Promise<void> {
  if (task === undefined) {
    process.exit(0);
  }
  try {
    const engine = await connectDocker(task.address);
    if (isKafkaPaused) {
      await engine.unpause(task.kafka);
    }
    const left = await engine.list(`${runLabel}=${task.runId}`);
    await Promise.all(left.map(({ Id }) => engine.remove(Id)));
  } finally {
    process.exit(0);
  }
}
