/**
 * One code path for sync and async: a run answers with a value, throws, or answers with a native promise. Foreign
 * thenables are adopted once, where they enter.
 * @module
 */

/** A value as it is; a promise of any make as a native one. `then` is read once; a hostile one becomes a rejection. */
export function adopt(value: unknown): unknown {
  if (value instanceof Promise && value.constructor === Promise && !Object.hasOwn(value, 'then')) return value;
  const then = thenOf(value);
  if (then === undefined) return value;
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

/** Runs `start`, shows what came of it to `see`, and hands it on. */
export function watch(
  start: () => unknown,
  see: (outcome: { readonly value: unknown } | { readonly error: unknown }) => void,
): unknown {
  return settle(
    start,
    (value) => {
      see({ value });
      return value;
    },
    (error) => {
      see({ error });
      throw error;
    },
  );
}

/** What a step of {@link repeat} answers to be called again. */
export const AGAIN: unique symbol = Symbol('again');

/**
 * Calls `step` until it answers something other than {@link AGAIN}, or a promise of that; `out` is what a first step has
 * answered. However many rounds there are, the stack does not grow and there is one promise: promises that wait for each
 * other would all stay in memory.
 */
export function repeat(out: unknown, step: () => unknown): unknown {
  while (out === AGAIN) out = step();
  if (!(out instanceof Promise)) return out;
  const pending = out;
  return new Promise((resolve, reject) => follow(pending, step, resolve, reject));
}

function follow(
  pending: Promise<unknown>,
  step: () => unknown,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  pending.then((answer) => {
    let out = answer;
    try {
      while (out === AGAIN) out = step();
    } catch (error) {
      return reject(error);
    }
    if (out instanceof Promise) follow(out, step, resolve, reject);
    else resolve(out);
  }, reject);
}
