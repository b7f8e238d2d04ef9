/** What an editor shows: types that are short, say what matters, and keep what was written. */
import { describe, expect, it } from 'vitest';
import { hovers } from '../helpers/hovers.ts';

const shown = hovers(`
  import { breaker, deadline, fallback, policy, Policy, retry, timeout, type AnyPolicy, type FallbackHandler } from 'breakwater';

  export const oneBreaker = breaker();
  export const oneRetry = retry();
  export const syncRetry = retry({ delay: 0 });
  export const slowRetry = retry({ delay: 100 });
  export const widened = retry({ delay: Number('1') });
  export const oneTimeout = timeout(1);
  export const oneDeadline = deadline(1);

  export const pair = policy(breaker(), retry());
  export const five = policy(fallback('cached'), timeout(1), retry({ attempts: 3 }), breaker(), deadline(1));
  export const options = policy(breaker(), retry(), { onListenerError: () => {} });
  export const empty = policy();
  export const list = policy(...([] as AnyPolicy[]));
  export const sync = policy(breaker(), retry({ delay: 0 }), fallback(null));
  export const chain = Policy.breaker({ failureThreshold: 5 }).retry({ attempts: 3 }).timeout(30_000).fallback('cached');
  export const ready = Policy.with(breaker(), retry());

  export const text = fallback('x');
  export const record = fallback({ at: 1, tags: ['a'] });
  export const later = fallback(Promise.resolve(3));
  export const unknown = fallback(JSON.parse('1') as unknown);
  export const choice = fallback('a' as 'a' | 'b');
  export const handler = fallback(() => 1);
  export const asyncHandler = fallback(async () => 1);
  export const withArguments = fallback((error, ctx, doc: string) => doc.length);
  export const withContext = fallback((error, ctx) => ctx.attempt);
  export const chained = Policy.fallback((error, ctx, doc: string) => doc.length);
  export const chainedValue = Policy.fallback('x');
  declare const typed: FallbackHandler<Date>;
  export const typedHandler = fallback(typed);

  export const load = chain.wrap(async (id: number, fresh?: boolean) => ({ id, fresh }));
  export const ask = pair.wrapWithContext(async ({ signal }, doc: string) => doc.length);
  export const count = sync.wrapSync((doc: string): number => doc.length);
  export const generic = pair.wrap(async <T>(item: T, of: T[]): Promise<T> => item);
  export const executed = five.execute(async () => 1);
  export const circuit = pair.circuit;
  export const none = oneRetry.circuit;
  export const perhaps = list.circuit;

  export const twice = policy(retry(), breaker(), retry());
  export const twiceDeep = policy(policy(breaker(), retry()), retry());
  export const twiceWith = Policy.with(retry(), retry());
  export const twiceAdded = Policy.retry().with(retry());
  export const used = Policy.retry().retry();
  export const promised = breaker().wrapSync(async () => 1);
  export const slow = retry().wrapSync(() => 1);
  export const wrongHandler = fallback((error: Error) => 1);
  export const wrongChained = Policy.fallback((error: Error) => 1);
  export const misspelt = retry({ attemps: 3 });
  export const uncalled = policy(breaker);
`);

describe('the types that are inferred', () => {
  it('are short and readable', () => {
    expect(shown).toMatchObject({
      oneBreaker: 'Breaker<"sync">',
      oneRetry: 'RetryPolicy<"async">',
      syncRetry: 'RetryPolicy<"sync">',
      slowRetry: 'RetryPolicy<"async">',
      widened: 'RetryPolicy<Mode>',
      oneTimeout: 'TimeoutPolicy',
      oneDeadline: 'DeadlinePolicy',

      pair: 'PolicyOf<"breaker" | "retry", "async", never>',
      five: 'PolicyOf<"breaker" | "deadline" | "retry" | "timeout" | "fallback", "async", string>',
      options: 'PolicyOf<"breaker" | "retry", "async", never>',
      empty: 'PolicyOf<never, "sync", never>',
      list: 'PolicyOf<string, Mode, unknown>',
      sync: 'PolicyOf<"breaker" | "retry" | "fallback", "sync", null>',
      chain: 'FluentPolicy<"breaker" | "retry" | "timeout" | "fallback", "async", string>',
      ready: 'FluentPolicy<"breaker" | "retry", "async", never>',

      text: 'FallbackPolicy<string, "sync">',
      record: 'FallbackPolicy<{ at: number; tags: string[]; }, "sync">',
      later: 'FallbackPolicy<number, Mode>',
      unknown: 'FallbackPolicy<unknown, Mode>',
      choice: 'FallbackPolicy<"a" | "b", "sync">',
      handler: 'FallbackPolicy<number, "sync">',
      asyncHandler: 'FallbackPolicy<number, Mode>',
      withArguments: 'FallbackPolicy<number, "sync">',
      withContext: 'FallbackPolicy<number, "sync">',
      chained: 'FluentPolicy<"fallback", "sync", number>',
      chainedValue: 'FluentPolicy<"fallback", "sync", string>',
      typed: 'FallbackHandler<Date>',
      typedHandler: 'FallbackPolicy<Date, "sync">',

      load: '(id: number, fresh?: boolean | undefined) => Promise<string | { id: number; fresh: boolean | undefined; }>',
      ask: '(doc: string) => Promise<number>',
      count: '(doc: string) => number | null',
      generic: '<T>(item: T, of: T[]) => Promise<Awaited<T>>',
      executed: 'Promise<string | number>',
      circuit: 'Breaker<Mode>',
      none: 'undefined',
      perhaps: 'Breaker<Mode> | undefined',
    });
  });

  it('refuse with a readable sentence', () => {
    for (const name of ['twice', 'twiceDeep', 'twiceWith', 'twiceAdded']) expect(shown[name]).toContain('a policy can have only one retry');
    expect(shown['used']).toContain("Property 'retry' does not exist");
    expect(shown['promised']).toContain('the function returns a promise: use wrap or execute');
    expect(shown['slow']).toContain('EveryLayerCanBeSync');
    for (const name of ['wrongHandler', 'wrongChained']) expect(shown[name]).toContain('a handler takes (error: unknown, ctx, ...args)');
    expect(shown['misspelt']).toContain("Did you mean to write 'attempts'?");
    expect(shown['uncalled']).toContain('is not assignable');
  });
});
