/** Functions for policies to run: they fail a number of times, never answer, or answer when a test says so. */

export { failsTimes } from '../../src/testing/functions.ts';

/** Never answers, whatever its signal says. */
export function hangs(): Promise<never> {
  return new Promise(() => {});
}

/** A promise in a test's hand. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that the test settles. */
export function deferred<T = unknown>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What came of a promise, as data: `['value', v]` or `['error', e]`. Taken at once, so that no rejection is unhandled. */
export function outcomeOf(promise: Promise<unknown>): Promise<readonly ['value' | 'error', unknown]> {
  return promise.then(
    (value) => ['value', value] as const,
    (error: unknown) => ['error', error] as const,
  );
}

/** What a function throws; a test fails when it throws nothing. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
