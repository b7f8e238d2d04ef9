/**
 * Following a signal by hand: `AbortSignal.any` keeps memory on signals that live long (node#55351, node#54614).
 * @module
 */
import { wrongType } from './options.ts';

/** Those whom one listener on a signal tells. */
interface Following {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const followed = new WeakMap<AbortSignal, Following>();

/**
 * Calls back when the signal aborts; the answer unlinks. A signal has one listener of ours however many calls share it
 * (adding one costs the host time in proportion to those already there), and none once the last call is over.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const following = followed.get(signal) ?? follow(signal);
  const entry = (): void => callback();
  following.callbacks.add(entry);
  return () => {
    following.callbacks.delete(entry);
    if (following.callbacks.size === 0) unfollow(signal, following);
  };
}

function follow(signal: AbortSignal): Following {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    unfollow(signal, following);
    for (const callback of callbacks) callback();
  };
  const following = { callbacks, listener };
  followed.set(signal, following);
  signal.addEventListener('abort', listener);
  return following;
}

function unfollow(signal: AbortSignal, following: Following): void {
  if (followed.get(signal) !== following) return;
  followed.delete(signal);
  signal.removeEventListener('abort', following.listener);
}

/** Whether a value can be used as an `AbortSignal`, whichever realm or polyfill it comes from. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AbortSignal).aborted === 'boolean' &&
    typeof (value as AbortSignal).addEventListener === 'function'
  );
}

/** The check of a signal that may be left out. */
export function signalOption(value: unknown, at: string): AbortSignal | undefined {
  if (value === undefined || isAbortSignal(value)) return value;
  throw wrongType(at, 'an AbortSignal', value);
}
