export {
  type Clock,
  ManualClock,
  machineNow,
  RunningClock,
  type RunningClockOptions,
  VirtualClock,
  type WaitHandle,
} from './clock.js';
export { formatDuration, parseDurationMs } from './duration.js';
