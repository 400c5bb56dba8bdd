export { type SensorOptions, sensorOptions } from './options.js';
export type { SensorSnapshot } from './report/totals.js';
export { type Recorder, Sensor, type SensorDeps } from './sensor.js';
export { settingProblems } from './settings-check.js';
