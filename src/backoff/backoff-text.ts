/**
 * A backoff as people and `describe()` read it.
 * @module
 */
import { showMs } from '../core/text.ts';
import type { Backoff } from './backoff-data.ts';
import type { Jitter } from './jitter.ts';

/** One line, such as `500 ms ×2 up to 30 s, full jitter`. */
export function backoffLabel(backoff: Backoff, jitter: Jitter): string {
  return withJitter(`${showMs(backoff.first)}${growth(backoff)}`, jitter);
}

/** A label with its jitter, where there is any. */
export function withJitter(label: string, jitter: Jitter): string {
  return jitter === 'none' ? label : `${label}, ${jitter} jitter`;
}

/** Plain data: the kind of backoff, the options that it has, and the jitter that applies. */
export function backoffData(backoff: Backoff, jitter: Jitter): Record<string, unknown> {
  const { '~backoff': kind, first, step, factor, max } = backoff;
  if (kind === 'constant') return { kind, first, jitter };
  return kind === 'linear' ? { kind, first, step, max, jitter } : { kind, first, factor, max, jitter };
}

function growth({ '~backoff': kind, step, factor, max }: Backoff): string {
  if (kind === 'constant') return '';
  return ` ${kind === 'linear' ? `+${showMs(step)}` : `×${factor}`} up to ${showMs(max)}`;
}
