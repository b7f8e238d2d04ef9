/** Random parts, as data from which the same policy can be built again and again, and random runs for them. */
import fc from 'fast-check';
import {
  anyOf,
  breaker,
  bulkhead,
  cache,
  coalesce,
  consecutive,
  deadline,
  errors,
  failureRatio,
  fallback,
  hedge,
  ignoring,
  lastCalls,
  lastMs,
  outcomes,
  rateLimit,
  results,
  retry,
  slidingWindow,
  slowCallRatio,
  timeout,
  tokenBucket,
  type AnyPolicy,
  type BreakerOptions,
  type BulkheadOptions,
  type CacheOptions,
  type Handle,
  type HedgeOptions,
  type RateLimitOptions,
  type RetryOptions,
  type TimeoutOptions,
} from '../../src/index.ts';
import { BAD, Ignored, type Act, type Script } from './script.ts';

/** Options of the layers that a policy has. */
export interface Parts {
  readonly breaker?: BreakerOptions | undefined;
  readonly deadline?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly hedge?: HedgeOptions | undefined;
  readonly rateLimit?: RateLimitOptions | undefined;
  readonly cache?: CacheOptions | undefined;
  readonly coalesce?: true | undefined;
  readonly bulkhead?: BulkheadOptions | undefined;
  readonly timeout?: TimeoutOptions | undefined;
  readonly fallback?: { readonly answer: unknown; readonly handle?: Handle | undefined } | undefined;
}

/** Fresh policies of one layer each. */
export function fresh(parts: Parts): AnyPolicy[] {
  const made: (AnyPolicy | undefined)[] = [
    parts.cache && cache(parts.cache),
    parts.coalesce && coalesce(),
    parts.breaker && breaker(parts.breaker),
    parts.deadline === undefined ? undefined : deadline(parts.deadline),
    parts.retry && retry(parts.retry),
    parts.hedge && hedge(parts.hedge),
    parts.rateLimit && rateLimit(parts.rateLimit),
    parts.bulkhead && bulkhead(parts.bulkhead),
    parts.timeout && timeout(parts.timeout),
    parts.fallback && fallback(parts.fallback.answer, { handle: parts.fallback.handle }),
  ];
  return made.filter((part) => part !== undefined);
}

const handles: fc.Arbitrary<Handle | undefined> = fc.constantFrom(
  undefined,
  undefined,
  ignoring(Ignored),
  results((value) => value === BAD),
  [ignoring(Ignored), results((value) => value === BAD)],
  errors(Error),
  outcomes(({ error, value }) => error !== undefined || value === BAD),
  (error: unknown) => (error instanceof Ignored ? false : true),
);

const small = { window: lastCalls(4), minimumCalls: 2 };
const slow = slowCallRatio({ slowAfter: 50, ...small });

/** When a breaker opens: mostly after some failures in a row. */
const openings: fc.Arbitrary<BreakerOptions> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ failureThreshold: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      trip: fc.constantFrom(
        failureRatio(small),
        failureRatio({ ratio: 0.6, window: lastMs(200, { buckets: 4 }), minimumCalls: 2 }),
        slow,
        anyOf(consecutive(3), slow),
      ),
    }),
  },
);

const doors: fc.Arbitrary<BreakerOptions> = fc.record({
  recoveryTimeout: fc.integer({ min: 1, max: 400 }),
  successThreshold: fc.integer({ min: 1, max: 2 }),
  probes: fc.integer({ min: 1, max: 2 }),
  counts: fc.constantFrom('calls', 'attempts'),
  handle: handles,
});

/** What becomes of those that find it shut. */
const holds: fc.Arbitrary<BreakerOptions> = fc.constantFrom(
  {},
  { whenOpen: 'wait' },
  { whenOpen: 'wait', maxWaiting: 1, ramp: { every: 20 } },
);

const breakersThat = (hold: fc.Arbitrary<BreakerOptions>): fc.Arbitrary<BreakerOptions> =>
  fc.tuple(openings, doors, hold).map((options): BreakerOptions => Object.assign({}, ...options));

const answers: fc.Arbitrary<unknown> = fc.constantFrom(
  'answer',
  (error: unknown, { attempt }: { readonly attempt: number }) => `answer to ${String(error)} after ${attempt}`,
  () => {
    throw new Error('no answer either');
  },
);

const retries = (delay: fc.Arbitrary<number | readonly number[]>): fc.Arbitrary<RetryOptions> =>
  fc.record({ attempts: fc.integer({ min: 1, max: 4 }), delay, handle: handles });

const fallbacks = fc.record({ answer: answers, handle: handles });
/** Left out once in a while. */
const few = { freq: 6 } as const;

const bulkheads = (queues: fc.Arbitrary<number>): fc.Arbitrary<BulkheadOptions> =>
  fc.record({
    limit: fc.integer({ min: 1, max: 3 }),
    queue: queues,
    maxWait: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  });

const hedges: fc.Arbitrary<HedgeOptions> = fc.record({
  after: fc.integer({ min: 1, max: 60 }),
  max: fc.integer({ min: 2, max: 3 }),
  handle: handles,
});

const rateLimits: fc.Arbitrary<RateLimitOptions> = fc.record({
  limit: fc.constantFrom(slidingWindow({ limit: 3, per: 150 }), tokenBucket({ limit: 2, per: 80, burst: 3 })),
  whenLimited: fc.constantFrom('wait', 'reject'),
});

const caches: fc.Arbitrary<CacheOptions> = fc.record({ ttl: fc.integer({ min: 1, max: 150 }), staleIfError: fc.constantFrom(0, 300) });

/** There half of the time. */
const some = { freq: 2, nil: undefined } as const;

/** Random parts of any kinds. What is held has a deadline: a call that fails for ever would be held for ever. */
export const parts: fc.Arbitrary<Parts> = fc.record({
  cache: fc.option(caches, some),
  coalesce: fc.option(fc.constant(true as const), some),
  hedge: fc.option(hedges, some),
  rateLimit: fc.option(rateLimits, some),
  breaker: fc.option(breakersThat(holds), { ...few, nil: undefined }),
  deadline: fc.option(fc.integer({ min: 5, max: 500 }), { ...few, nil: undefined }),
  retry: fc.option(retries(fc.oneof(fc.integer({ min: 0, max: 150 }), fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1 }))), {
    ...few,
    nil: undefined,
  }),
  bulkhead: fc.option(bulkheads(fc.integer({ min: 0, max: 6 })), { freq: 2, nil: undefined }),
  timeout: fc.option(
    fc.record({ after: fc.integer({ min: 1, max: 100 }), mode: fc.constantFrom('aggressive', 'cooperative') }),
    { ...few, nil: undefined },
  ),
  fallback: fc.option(fallbacks, { ...few, nil: undefined }),
}).map((given): Parts => (given.breaker?.whenOpen === 'wait' ? { ...given, deadline: given.deadline ?? 500 } : given));

/** Random parts that can all answer at once. */
export const syncParts: fc.Arbitrary<Parts> = fc.record({
  breaker: fc.option(breakersThat(fc.constant({})), { ...few, nil: undefined }),
  retry: fc.option(retries(fc.constant(0)), { ...few, nil: undefined }),
  rateLimit: fc.option(fc.record({ limit: fc.constant(slidingWindow({ limit: 3, per: 150 })), whenLimited: fc.constant('reject' as const) }), some),
  bulkhead: fc.option(bulkheads(fc.constant(0)), { freq: 2, nil: undefined }),
  fallback: fc.option(fallbacks, { ...few, nil: undefined }),
});

const does = fc.constantFrom<Act['does']>('returns', 'returns bad', 'throws', 'throws', 'throws', 'throws ignored', 'hangs');

/** What the attempts of one call do. */
export const acts: fc.Arbitrary<Act[]> = fc.array(fc.record({ does, takes: fc.constantFrom(0, 0, 1, 10, 60, 120) }), {
  minLength: 1,
  maxLength: 4,
});

/** Random runs: calls that overlap, and some that are given up. */
export const scripts: fc.Arbitrary<Script> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 1_200 }),
    acts,
    abortsAt: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 1_500 }) }),
  }),
  { minLength: 3, maxLength: 12 },
);
