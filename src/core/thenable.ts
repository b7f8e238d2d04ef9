/**
 * One code path for sync and async: a run answers with a value, throws, or answers with a native promise. Foreign
 * thenables are adopted once, where they enter.
 * @module
 */

/** A value as it is; a promise of any make as a native one. `then` is read once; a hostile one becomes a rejection. */
export function adopt(value: unknown): unknown {
  const then = thenOf(value);
  if (then === undefined) return value;
  if (then === Promise.prototype.then && value instanceof Promise && value.constructor === Promise) return value;
  return new Promise((resolve, reject) => {
    then.call(value, resolve, reject);
  });
}

/** The `then` of a thenable, read once. */
export function thenOf(value: unknown): ((resolve: unknown, reject: unknown) => unknown) | undefined {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return undefined;
  const then: unknown = (value as { then?: unknown }).then;
  return typeof then === 'function' ? (then as (resolve: unknown, reject: unknown) => unknown) : undefined;
}

/**
 * Whether a value is a promise of any make. Nobody waits for it, but its rejection is taken: by `rejected`, or by nobody.
 */
export function disregard(value: unknown, rejected: (error: unknown) => void = () => {}): boolean {
  const then = thenOf(value);
  if (then === undefined) return false;
  try {
    then.call(value, undefined, rejected);
  } catch (error) {
    rejected(error);
  }
  return true;
}

/** Runs `start` and goes on with what came of it: at once where it answers at once, else when its promise settles. */
export function settle(
  start: () => unknown,
  onValue: (value: unknown) => unknown,
  onError: (error: unknown) => unknown,
): unknown {
  let out: unknown;
  try {
    out = start();
  } catch (error) {
    return onError(error);
  }
  return out instanceof Promise ? out.then(onValue, onError) : onValue(out);
}
