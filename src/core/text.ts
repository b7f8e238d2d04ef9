/**
 * Values and durations as people read them, in messages and labels.
 * @module
 */

/**
 * A value as an error message shows it: what it is, never longer than a line, whatever the value does when it is read.
 */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `the function ${nameOf(value) || '(without a name)'}`;
  if (typeof value === 'object' && value !== null) return showObject(value);
  return String(value);
}

function showObject(value: object): string {
  try {
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const maker = nameOf((value as { constructor?: unknown }).constructor);
    return maker && maker !== 'Object' ? `an object of ${maker}` : tag === 'Object' ? 'an object' : `an object of ${tag}`;
  } catch {
    return 'an object that cannot be read';
  }
}

function nameOf(value: unknown): string {
  try {
    const name: unknown = typeof value === 'function' ? value.name : '';
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/** A duration as people write it: `250 ms`, `30 s`, `1.5 s`, `10 min`, `2 h`; `never` for one that does not end. */
export function showMs(ms: number): string {
  if (ms === Infinity) return 'never';
  if (ms < 1_000) return `${trim(ms)} ms`;
  if (ms < 120_000) return `${trim(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${trim(ms / 60_000)} min`;
  return `${trim(ms / 3_600_000)} h`;
}

/** At most three decimals, and no zeros behind them. */
function trim(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}
