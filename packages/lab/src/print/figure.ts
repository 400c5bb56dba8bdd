/** `12,345`, whatever the machine's locale. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `24.0`, `1,234`: a rate for people. */
export function rate(valueHz: number): string {
  return valueHz < 100 ? valueHz.toFixed(1) : count(valueHz);
}

/** `0.84 ms`, `12.3 ms`, `1.2 s`: a latency for people; `–` while nothing was measured. */
export function latency(ms: number | undefined): string {
  if (ms === undefined) {
    return '–';
  }
  if (ms < 10) {
    return `${ms.toFixed(2)} ms`;
  }
  return ms < 1_000 ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `0:07`, `12:30`, `1:02:03`: a position in a run. */
export function position(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const unitSymbols: Readonly<Record<string, string>> = { Cel: '°C', '%RH': '%' };

/** `21.34 °C`: a value with its SenML unit as people write it. */
export function measured(value: number, unit: string): string {
  const size = Math.abs(value);
  const text = size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
  return `${text} ${unitSymbols[unit] ?? unit}`;
}
