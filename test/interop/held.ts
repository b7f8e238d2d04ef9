/** What the comparisons with other libraries run: a function that a test settles, and one that fails. */
import { deferred } from '../helpers/functions.ts';

/** A function that is settled from outside, or rejects when the signal that it is given aborts. */
export interface Held {
  readonly run: (ctx?: { readonly signal: AbortSignal }) => Promise<string>;
  succeed(): void;
  fail(): void;
}

export function held(): Held {
  const { promise, resolve, reject } = deferred<string>();
  return {
    run: (ctx) => {
      ctx?.signal?.addEventListener('abort', () => reject(ctx.signal.reason));
      return promise;
    },
    succeed: () => resolve('held'),
    fail: () => reject(new Error('held')),
  };
}

export function down(): never {
  throw new Error('down');
}

/** For a `catch`: what a comparison looks at in an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
