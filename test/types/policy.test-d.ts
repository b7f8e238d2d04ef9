/** What policies infer and refuse, in the function form and in the chain. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  constant,
  deadline,
  errors,
  fallback,
  Policy,
  policy,
  rateLimit,
  retry,
  slidingWindow,
  timeout,
  tokenBucket,
  type AnyPolicy,
  type Breaker,
  type BreakerOptions,
  type WhenOpen,
  type Context,
  type Distinct,
  type Limit,
  type Mode,
  type PolicyEvent,
  type PolicyOf,
  type PolicyOptions,
  type RateLimitOptions,
  type RateLimitPolicy,
  type RetryOptions,
  type RetryPolicy,
  type TimeoutPolicy,
} from 'breakwater';

const five = policy(fallback('cached'), timeout(30_000), retry({ attempts: 3 }), breaker({ failureThreshold: 5 }), deadline(60_000));
const quick = policy(breaker(), retry({ delay: 0 }));

describe('wrap', () => {
  it('keeps parameters, names and optional ones, and answers with a promise of the awaited value', () => {
    const sync = retry().wrap((id: number, fresh?: boolean) => ({ id, fresh }));
    expectTypeOf(sync).parameters.toEqualTypeOf<[id: number, fresh?: boolean | undefined]>();
    expectTypeOf(sync).returns.resolves.toEqualTypeOf<{ id: number; fresh: boolean | undefined }>();
    expectTypeOf(retry().wrap(async (...ids: readonly number[]) => ids)(1, 2)).resolves.toEqualTypeOf<readonly number[]>();
    expectTypeOf(retry().wrap(() => {})).returns.resolves.toBeVoid();
    expectTypeOf(retry().wrap((): Promise<number> | string => 'x')).returns.resolves.toEqualTypeOf<number | string>();
  });

  it('keeps this', () => {
    class Repository {
      readonly table = 'docs';
      load = retry().wrap(function (this: Repository, id: number) {
        return `${this.table} ${id}`;
      });
      ask = retry().wrapWithContext(function (this: Repository, ctx: Context, id: number) {
        return `${this.table} ${id} ${ctx.attempt}`;
      });
    }
    const repository = new Repository();
    expectTypeOf(repository.load(1)).resolves.toBeString();
    expectTypeOf(repository.ask(1)).resolves.toBeString();
    const { load } = repository;
    // @ts-expect-error -- called without its object
    void load(1);
  });

  it('keeps type parameters', () => {
    const first = five.wrap(async <T>(items: readonly T[]): Promise<T | undefined> => items[0]);
    expectTypeOf(first([1, 2])).resolves.toEqualTypeOf<number | undefined | string>();
    expectTypeOf(first([new Date()])).resolves.toEqualTypeOf<Date | undefined | string>();
  });

  it('takes the last overload, as TypeScript does everywhere', () => {
    function parse(text: string): string[];
    function parse(text: string, limit: number): number[];
    function parse(text: string, limit?: number): (string | number)[] {
      return limit === undefined ? [text] : [limit];
    }
    expectTypeOf(retry().wrap(parse)).toEqualTypeOf<(text: string, limit: number) => Promise<number[]>>();
  });

  it('finds the signal among the parameters', () => {
    const load = retry().wrap((url: string, init?: { signal?: AbortSignal }) => [url, init], { signal: (_url, init) => init?.signal });
    expectTypeOf(load).parameters.toEqualTypeOf<[url: string, init?: { signal?: AbortSignal } | undefined]>();
    // It may leave out what it does not need, and says nothing about the function.
    const ask = retry().wrapWithContext((ctx, url: string, tries?: number) => [ctx.attempt, url, tries], { signal: () => undefined });
    expectTypeOf(ask).parameters.toEqualTypeOf<[url: string, tries?: number | undefined]>();
    retry().wrap((id: number) => id, { signal: new AbortController().signal });
    retry().wrap((id: number) => id, { signal: undefined });
    // @ts-expect-error -- finds no signal
    retry().wrap((id: number) => id, { signal: (id: number) => id });
  });

  it('gives the context first, and hides it from the caller', () => {
    const load = five.wrapWithContext(async ({ signal, attempt }, doc: string) => ({ signal, attempt, doc }));
    expectTypeOf(load).parameters.toEqualTypeOf<[doc: string]>();
    expectTypeOf(load).returns.resolves.toEqualTypeOf<{ signal: AbortSignal; attempt: number; doc: string } | string>();
    // @ts-expect-error -- a word is not a number
    void load(1);
  });
});

describe('fallback', () => {
  it('widens the result, in each form', () => {
    const fn = async (): Promise<number> => 1;
    expectTypeOf(fallback('x').wrap(fn)).returns.resolves.toEqualTypeOf<number | string>();
    expectTypeOf(fallback(null).execute(fn)).resolves.toEqualTypeOf<number | null>();
    expectTypeOf(fallback(async () => new Date()).execute(fn)).resolves.toEqualTypeOf<number | Date>();
    expectTypeOf(Policy.fallback((error, { outcome }) => [error, outcome.value]).execute(fn)).resolves.toEqualTypeOf<number | unknown[]>();
    expectTypeOf(Policy.retry().fallback(false).timeout(1).wrap(fn)).returns.resolves.toEqualTypeOf<number | boolean>();
    expectTypeOf(policy(fallback(() => 1), retry()).execute(() => 2)).resolves.toEqualTypeOf<number>();
    expectTypeOf(fallback(JSON.parse('1')).execute(fn)).resolves.toBeAny();
  });

  it("takes the wrapped call's arguments behind the context", () => {
    const cached = fallback((error, ctx, doc: string, page: number) => {
      expectTypeOf(error).toBeUnknown();
      expectTypeOf(ctx.attempt).toBeNumber();
      return { doc, page };
    });
    expectTypeOf(cached.wrap(async (doc: string, page: number) => doc.length + page)).returns.resolves.toEqualTypeOf<
      number | { doc: string; page: number }
    >();
    const chained = Policy.retry().fallback((_error, _ctx, doc: string) => doc.length, { handle: errors(CircuitOpenError) });
    expectTypeOf(chained.wrap((doc: string) => doc)).returns.resolves.toEqualTypeOf<string | number>();
  });

  it('takes no function that is not a handler for a ready value', () => {
    // @ts-expect-error -- what is caught may be anything
    fallback((error: Error) => error.message);
    // @ts-expect-error -- the same in the chain
    Policy.fallback((error: Error) => error.message);
    // @ts-expect-error -- a class is not called
    fallback(Map);
    // What answers with a function says so.
    expectTypeOf(fallback(() => Map).execute(() => 1)).resolves.toEqualTypeOf<number | MapConstructor>();
  });
});

describe('circuit', () => {
  it('is the breaker where there is one, and undefined where there is none', () => {
    expectTypeOf(five.circuit).toEqualTypeOf<Breaker>();
    expectTypeOf(Policy.retry().breaker().circuit.state).toEqualTypeOf<'closed' | 'open' | 'half-open' | 'isolated'>();
    expectTypeOf(policy(retry(), timeout(1)).circuit).toBeUndefined();
    expectTypeOf(Policy.circuit).toBeUndefined();
    expectTypeOf(policy(...([] as AnyPolicy[])).circuit).toEqualTypeOf<Breaker | undefined>();
    expectTypeOf<Policy['circuit']>().toEqualTypeOf<Breaker | undefined>();
  });
});

describe('doubles', () => {
  it('are refused by policy, with a sentence in the place of the type', () => {
    expectTypeOf<Distinct<[RetryPolicy, TimeoutPolicy, RetryPolicy]>>().toEqualTypeOf<
      readonly [RetryPolicy, TimeoutPolicy, 'a policy can have only one retry']
    >();
    // @ts-expect-error -- two of a kind
    policy(retry(), retry());
    // @ts-expect-error -- two of a kind, one of them inside
    policy(policy(breaker(), retry()), timeout(1), retry({ attempts: 2 }));
    // @ts-expect-error -- two of a kind behind a chain
    policy(Policy.breaker(), breaker());
    policy(retry(), timeout(1), policy(breaker(), fallback(1)), deadline(1));
  });

  it('are refused by the chain, whose used methods are gone', () => {
    const chain = Policy.retry();
    // @ts-expect-error -- used already
    void chain.retry;
    // @ts-expect-error -- it has a retry
    chain.with(retry());
    // @ts-expect-error -- the two have one each
    Policy.with(retry(), policy(retry()));
    chain.with(breaker(), timeout(1)).fallback(1).deadline(1);
    // @ts-expect-error -- brought by with
    void chain.with(breaker()).breaker;
    expectTypeOf<keyof typeof chain>().not.toEqualTypeOf<never>();
    expectTypeOf<'retry' extends keyof typeof chain ? true : false>().toEqualTypeOf<false>();
    expectTypeOf<'timeout' extends keyof typeof chain ? true : false>().toEqualTypeOf<true>();
  });

  it('are not seen where the kinds are not known: a list compiles, and is checked when it runs', () => {
    const list: AnyPolicy[] = [retry(), retry()];
    expectTypeOf(policy).toBeCallableWith(...list);
    const some: readonly Policy[] = [breaker(), timeout(1)];
    expectTypeOf(policy(...some, retry())).toEqualTypeOf<PolicyOf<string, Mode, never>>();
  });
});

describe('wrapSync', () => {
  it('is there where every layer can answer at once', () => {
    expectTypeOf(quick.wrapSync((text: string) => text.length)).toEqualTypeOf<(text: string) => number>();
    expectTypeOf(quick.executeSync(({ attempt }) => attempt)).toBeNumber();
    expectTypeOf(policy(quick, fallback(null)).wrapSync((text: string) => text.length)).toEqualTypeOf<(text: string) => number | null>();
    expectTypeOf(Policy.breaker().retry({ delay: 0 }).fallback('x').executeSync(() => 1)).toEqualTypeOf<number | string>();
    expectTypeOf(Policy.executeSync(() => 1)).toBeNumber();
    class Parser {
      readonly base = 10;
      parse = quick.wrapSync(function (this: Parser, text: string) {
        return parseInt(text, this.base);
      });
    }
    expectTypeOf(new Parser().parse('1')).toBeNumber();
  });

  it('is not there where one needs time, or may need it', () => {
    // @ts-expect-error -- the default delay waits
    policy(breaker(), retry()).wrapSync(() => 1);
    // @ts-expect-error -- so does a number above 0
    retry({ delay: 10 }).wrapSync(() => 1);
    // @ts-expect-error -- and a backoff
    retry({ delay: constant(10) }).wrapSync(() => 1);
    // @ts-expect-error -- a number that is not known may wait
    retry({ delay: Number('0') }).executeSync(() => 1);
    // @ts-expect-error -- a timeout is a timer
    Policy.timeout(1).executeSync(() => 1);
    // @ts-expect-error -- a deadline is one, too
    policy(quick, deadline(1)).executeSync(() => 1);
    // @ts-expect-error -- the answer may be a promise
    fallback(async () => 1).executeSync(() => 1);
    // @ts-expect-error -- not known
    policy(...([] as AnyPolicy[])).executeSync(() => 1);
    // What is not there by its type is there by its name: it can be asked for at run time.
    expectTypeOf(retry()).toHaveProperty('executeSync');
  });

  it('refuses a function that returns a promise, or may', () => {
    // @ts-expect-error -- a promise
    quick.wrapSync(async () => 1);
    // @ts-expect-error -- a promise at times
    void quick.executeSync((): number | Promise<number> => 1);
    // @ts-expect-error -- any thenable
    quick.executeSync((): PromiseLike<number> => Promise.resolve(1));
    expectTypeOf(quick.wrapSync((text: string) => JSON.parse(text))('1')).toBeAny();
    expectTypeOf(quick.executeSync((): unknown => 1)).toBeUnknown();
    expectTypeOf(quick.executeSync((): never => {
      throw new Error('always');
    })).toBeNever();
  });
});

describe('Policy as the type of a parameter', () => {
  function load(guard: Policy, id: number) {
    return guard.execute(async ({ signal }) => ({ id, signal }));
  }
  function loadOr<T>(guard: Policy<T>, id: number) {
    return guard.wrap(async () => id)();
  }

  it('takes any policy that adds nothing to the result', () => {
    for (const guard of [breaker(), retry(), timeout(1), deadline(1), policy(breaker(), retry()), Policy, Policy.breaker().timeout(1)]) {
      expectTypeOf(load(guard, 1)).resolves.toEqualTypeOf<{ id: number; signal: AbortSignal }>();
    }
    // @ts-expect-error -- the fallback adds a word
    void load(fallback('x'), 1);
  });

  it('takes with Policy<T> one whose fallback may answer a T', () => {
    expectTypeOf(loadOr(policy(fallback('x'), retry()), 1)).resolves.toEqualTypeOf<number | string>();
    expectTypeOf(loadOr(retry(), 1)).resolves.toEqualTypeOf<number>();
    const maybe: Policy<string | null> = fallback('x');
    expectTypeOf(loadOr(maybe, 1)).resolves.toEqualTypeOf<number | string | null>();
  });

  it('lets a library add what is missing', () => {
    function guarded<K extends string, M extends Mode, Alt>(given: PolicyOf<K, M, Alt>) {
      return given.has('retry') ? given : policy(given as AnyPolicy, retry());
    }
    expectTypeOf(guarded(breaker()).execute(() => 1)).toBeObject();
    const lists: { readonly policies: readonly AnyPolicy[] } = { policies: [breaker(), fallback('x'), Policy.retry(), policy()] };
    expectTypeOf(policy(...lists.policies).wrap(async () => 1)).returns.resolves.toBeUnknown();
  });
});

describe('options', () => {
  it('may follow the policies', () => {
    expectTypeOf(policy(breaker(), retry(), { onListenerError: () => {} })).toEqualTypeOf<PolicyOf<'breaker' | 'retry', 'async', never>>();
    expectTypeOf(policy(quick, { clock: undefined }).executeSync(() => 1)).toBeNumber();
    const options: PolicyOptions = {};
    expectTypeOf(policy(quick, options).executeSync(() => 1)).toBeNumber();
    // @ts-expect-error -- misspelt
    policy(retry(), { onListnerError: () => {} });
  });

  it('that are misspelt or wrong are refused', () => {
    // @ts-expect-error -- misspelt
    breaker({ failureTreshold: 5 });
    // @ts-expect-error -- misspelt
    retry({ attemps: 3 });
    // @ts-expect-error -- misspelt, next to the one that is inferred
    retry({ delay: 0, attemps: 3 });
    // @ts-expect-error -- misspelt
    timeout({ after: 1, mod: 'cooperative' });
    // @ts-expect-error -- misspelt
    fallback(1, { handel: Error });
    // @ts-expect-error -- in the chain, too
    Policy.retry({ attemps: 3 });
    // @ts-expect-error -- not a word for it
    breaker({ counts: 'tries' });
    // @ts-expect-error -- a factory that was not called
    policy(breaker);
    // @ts-expect-error -- no policy
    policy(retry(), 1);
    // @ts-expect-error -- a time as text
    timeout('30s');
    expectTypeOf<keyof RetryOptions>().toEqualTypeOf<
      'attempts' | 'delay' | 'jitter' | 'maxRetryAfterMs' | 'budget' | 'handle' | 'clock' | 'onListenerError'
    >();
  });

  it('take undefined for what is left out, under exactOptionalPropertyTypes', () => {
    const from = (env: { threshold?: number; delay?: number }): AnyPolicy =>
      policy(
        breaker({ failureThreshold: env.threshold, recoveryTimeout: undefined, handle: undefined, onOpen: undefined }),
        retry({ attempts: undefined, delay: env.delay, budget: undefined, jitter: undefined }),
        timeout({ after: 1, mode: undefined }),
        fallback(1, { handle: undefined, clock: undefined }),
      );
    expectTypeOf(from).returns.toEqualTypeOf<AnyPolicy>();
  });

  it('is sync where a breaker turns calls away, async where it holds them, and open where that is not known', () => {
    expectTypeOf(breaker({ whenOpen: 'reject' })).toEqualTypeOf<Breaker<'sync'>>();
    expectTypeOf(breaker({ whenOpen: 'wait', maxWaiting: 5 })).toEqualTypeOf<Breaker<'async'>>();
    const whenOpen = 'wait' as WhenOpen;
    expectTypeOf(breaker({ whenOpen })).toEqualTypeOf<Breaker>();
    expectTypeOf(Policy.breaker().executeSync(() => 1)).toBeNumber();
    // @ts-expect-error -- it needs time
    Policy.breaker({ whenOpen: 'wait' }).executeSync(() => 1);
    // @ts-expect-error -- a misspelt word
    breaker({ whenOpen: 'hold' });
  });

  it('may be kept in variables: widened, typed, or made as const', () => {
    const widened = { attempts: 3, delay: 0 };
    expectTypeOf(retry(widened)).toEqualTypeOf<RetryPolicy<Mode>>();
    const exact = { attempts: 3, delay: 0 } as const;
    expectTypeOf(retry(exact)).toEqualTypeOf<RetryPolicy<'sync'>>();
    const typed: RetryOptions = { delay: [1, 2] };
    expectTypeOf(retry(typed).execute(() => 1)).resolves.toBeNumber();
    const options: BreakerOptions = { counts: 'attempts', handle: [TypeError, errors(RangeError, (error) => error.message !== '')] };
    expectTypeOf(breaker(options)).toEqualTypeOf<Breaker>();
    const list: readonly number[] = [1, 2];
    expectTypeOf(retry({ delay: list })).toEqualTypeOf<RetryPolicy<'async'>>();
    expectTypeOf(retry({ delay: ({ attempt }) => attempt * 100 })).toEqualTypeOf<RetryPolicy<'async'>>();
  });
});

describe('onEvent', () => {
  it('tells events apart by their type', () => {
    retry().onEvent((event) => {
      expectTypeOf(event).toEqualTypeOf<PolicyEvent>();
      if (event.type === 'retry-scheduled') expectTypeOf(event.delay).toBeNumber();
      if (event.type === 'timed-out') expectTypeOf(event.after).toBeNumber();
      if (event.type === 'rejected') expectTypeOf(event.error).toEqualTypeOf<Error>();
      if (event.type === 'attempt-failed') expectTypeOf(event.outcome.error).toBeUnknown();
      if (event.type === 'fell-back') expectTypeOf(event.reason.value).toBeUnknown();
      // @ts-expect-error -- only a scheduled retry has a delay
      void event.delay;
    });
    expectTypeOf<PolicyEvent['type']>().toEqualTypeOf<
      'attempt-failed' | 'retry-scheduled' | 'waiting' | 'served' | 'hedged' | 'timed-out' | 'rejected' | 'fell-back' | 'state-changed'
    >();
    // Every type in a switch: one more would be an error here.
    const name = (event: PolicyEvent): string => {
      switch (event.type) {
        case 'attempt-failed':
        case 'retry-scheduled':
        case 'waiting':
        case 'served':
        case 'hedged':
        case 'timed-out':
        case 'rejected':
        case 'fell-back':
          return event.type;
        case 'state-changed':
          return `${event.from} ${event.to}`;
      }
    };
    expectTypeOf(name).returns.toBeString();
  });
});

describe('rateLimit', () => {
  const limit = tokenBucket({ limit: 10, per: 1_000, cost: (text: string) => text.length, used: (value: { tokens: number }) => value.tokens });

  it('is async where calls wait, and sync where they are rejected', () => {
    expectTypeOf(rateLimit({ limit })).toEqualTypeOf<RateLimitPolicy<'async'>>();
    expectTypeOf(rateLimit({ limit, whenLimited: 'wait' })).toEqualTypeOf<RateLimitPolicy<'async'>>();
    expectTypeOf(rateLimit({ limit, whenLimited: 'reject' })).toEqualTypeOf<RateLimitPolicy<'sync'>>();
    const options: RateLimitOptions = { limit: [limit, slidingWindow({ limit: 1, per: 1 })] };
    expectTypeOf(rateLimit(options)).toEqualTypeOf<RateLimitPolicy<Mode>>();
    // @ts-expect-error -- it may have to wait
    rateLimit({ limit }).wrapSync(() => 1);
    expectTypeOf(policy(breaker(), rateLimit({ limit, whenLimited: 'reject' })).executeSync(() => 1)).toBeNumber();
  });

  it('is the same as a step of a chain, once', () => {
    const chain = Policy.breaker().rateLimit({ limit, whenLimited: 'reject' });
    expectTypeOf(chain.executeSync(() => 1)).toBeNumber();
    expectTypeOf(chain).not.toHaveProperty('rateLimit');
    // @ts-expect-error -- it may have to wait
    Policy.rateLimit({ limit }).executeSync(() => 1);
  });

  it('refuses what is no limit, and names that are no options', () => {
    // @ts-expect-error -- a number is no limit
    rateLimit({ limit: 10 });
    // @ts-expect-error -- nor is there one without
    rateLimit({});
    // @ts-expect-error -- misspelt
    rateLimit({ limit, maxwait: 5 });
    // @ts-expect-error -- a bucket has a time
    tokenBucket({ limit: 10 });
    // @ts-expect-error -- a window has no burst
    slidingWindow({ limit: 10, per: 1, burst: 5 });
    expectTypeOf<RateLimitOptions['limit']>().toEqualTypeOf<Limit | readonly Limit[]>();
  });

  it('tells what the limiter knows', () => {
    expectTypeOf(rateLimit({ limit }).waiting).toBeNumber();
    expectTypeOf(rateLimit({ limit }).retryAfterMs).toBeNumber();
    expectTypeOf(rateLimit({ limit }).pausedMs).toBeNumber();
  });
});
