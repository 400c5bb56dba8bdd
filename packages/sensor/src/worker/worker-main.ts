import { parentPort, workerData } from 'node:worker_threads';
import { plainError, RunningClock } from 'sensorsim-shared';
import { Share } from '../share.js';
import type { CallKind, FromWorker, ToWorker, WorkerTask } from './protocol.js';
import { type Slice, SliceLines } from './slice-lines.js';

/** Slices that may be on their way to the main thread: it bounds the memory of a fast worker. */
const slicesAhead = 4;
/** Machine time between two reports of totals. */
const reportMs = 500;

const port = parentPort;
if (port === null) {
  throw new Error('worker-main runs in a worker thread only');
}
const { options, thread, attacks, recorded } = workerData as WorkerTask;
const machine = new RunningClock();
const out = options.out === undefined ? undefined : new SliceLines();
const truth = recorded ? new SliceLines() : undefined;
/** Otherwise truth rows come as confirmations do, in no order worth keeping. */
const sliced = out !== undefined || options.clock === 'virtual';

function send(message: FromWorker, slices: readonly (Slice | undefined)[] = []): void {
  const buffers = slices.flatMap((slice) =>
    slice === undefined ? [] : [slice.bytes.buffer, slice.ends.buffer, slice.due.buffer, slice.index.buffer],
  );
  port?.postMessage(message, buffers);
}

let ahead = 0;
let onCredit: (() => void) | undefined;

function sendSlice(): Promise<void> | undefined {
  const readings = out?.take();
  const rows = truth?.take();
  send({ kind: 'slice', ...(readings && { out: readings }), ...(rows && { truth: rows }) }, [readings, rows]);
  ahead++;
  if (ahead < slicesAhead) {
    return undefined;
  }
  return new Promise((resolve) => {
    onCredit = resolve;
  });
}

function sendRows(): void {
  if (truth !== undefined && !sliced && truth.length > 0) {
    const rows = truth.take();
    send({ kind: 'rows', truth: rows }, [rows]);
  }
}

let share: Share | undefined;

function sendTotals(): void {
  if (share !== undefined) {
    const { latency, lateness, ...rest } = share.totals();
    send({ kind: 'totals', totals: { ...rest, latency: latency.encode(), lateness: lateness.encode() } });
  }
}

function report(): void {
  sendRows();
  sendTotals();
}

async function answer(call: CallKind, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    report();
    send({ kind: 'done', call });
  } catch (error) {
    send({ kind: 'done', call, error: plainError(error) });
  }
}

const made = answer('make', async () => {
  share = await Share.make(options, thread, {
    machine,
    log: (line) => send({ kind: 'log', line }),
    onFatal: (error) => send({ kind: 'fatal', error: plainError(error) }),
    onConnection: recorded ? (event) => send({ kind: 'connection', event }) : undefined,
    truth,
    out,
    attacks,
    onSlice: sliced ? sendSlice : undefined,
  });
});
const reporting = setInterval(report, reportMs);

port.on('message', async (message: ToWorker) => {
  await made;
  switch (message.kind) {
    case 'connect':
      await answer('connect', async () => share?.connect());
      break;
    case 'prepare':
      await answer('prepare', async () => share?.prepare(message.startAt));
      break;
    case 'run':
      await answer('run', async () => share?.run(message.start));
      break;
    case 'stop':
      share?.stop();
      // Nobody may wait for credit in vain.
      onCredit?.();
      break;
    case 'close':
      clearInterval(reporting);
      await answer('close', async () => {
        await share?.close(message.timeoutMs);
        if (sliced) {
          void sendSlice();
        }
      });
      port.close();
      break;
    case 'credit':
      ahead--;
      if (ahead < slicesAhead) {
        onCredit?.();
        onCredit = undefined;
      }
      break;
  }
});
