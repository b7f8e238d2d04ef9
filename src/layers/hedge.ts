/** The hedge: a further attempt beside one that is slow. */
import { readBudget, type RetryBudget } from '../backoff/budget.ts';
import { handleOption, type Handle } from '../core/handle.ts';
import { commonChecks, type CommonOptions, type Layer } from '../core/layer.ts';
import { numberThat, optional, readOptions } from '../core/options.ts';
import { showMs } from '../core/text.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';
import { Hedging, type HedgeSettings } from './hedge/hedging.ts';
import { delayOption, type Quantile } from './hedge/quantile.ts';

/** Options of {@link hedge}. */
export interface HedgeOptions extends CommonOptions {
  /**
   * How long an attempt may take until another one starts beside it: milliseconds, above 0, or a {@link quantile} of how long
   * attempts took lately. It runs from the start of the function, not while an attempt waits for a permit.
   */
  readonly after: number | Quantile;
  /**
   * The most attempts at once, the first included: a whole number of at least 2. A further one starts each time `after` has
   * passed again without an answer.
   * @default 2
   */
  readonly max?: number | undefined;
  /**
   * The budget that hedges are taken from, each for one token: see {@link retryBudget}.
   * @default the budget of the policy's retry, where it has one
   */
  readonly budget?: RetryBudget | undefined;
  /**
   * Which outcomes are no answer: the other attempts are waited for. `false` and `'ignore'` are the same here: such an outcome
   * wins.
   * @default every error but cancellation and local rejections
   */
  readonly handle?: Handle | undefined;
}

/** A policy that is a hedge. */
export interface HedgePolicy extends PolicyOf<'hedge', 'async', never> {}

/**
 * Starts a further attempt when one is slow, and takes the first good answer. The attempts that lose are aborted
 * (`ctx.signal`), and what they come to is dropped. For functions that may run twice: a read, not a payment.
 *
 * It is for attempts that are slow, not for those that fail: one that fails while no other is under way is for {@link retry}
 * to repeat, at once. One that fails beside others is waited for no longer, and those are; where all fail, the last failure
 * is the outcome. For a retry that is one attempt.
 *
 * Under a breaker nothing is hedged while the circuit is not closed.
 *
 * @throws TypeError when an option is unknown, missing or of the wrong kind.
 * @throws RangeError when a number is out of its range.
 *
 * @example
 * ```ts
 * import { hedge } from 'breakwater';
 *
 * const guard = hedge({ after: 5 });
 * const load = guard.wrapWithContext(async ({ attempt }) => {
 *   if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 1_000));
 *   return `the answer of attempt ${attempt}`;
 * });
 * await load() // => 'the answer of attempt 2'
 * ```
 * @see {@link retry} repeats what failed.
 * @see {@link Chain.hedge} is the same as a step of a chain.
 */
export function hedge(options: HedgeOptions): HedgePolicy {
  const settings = readOptions<HedgeSettings>('hedge', options, {
    after: delayOption,
    max: optional(numberThat('a whole number of at least 2', (n) => Number.isInteger(n) && n >= 2), 2),
    budget: optional(readBudget, undefined),
    handle: optional(handleOption, undefined),
    ...commonChecks,
  });
  return new PolicyObject([layer(settings)]) as HedgePolicy;
}

function layer(settings: HedgeSettings): Layer {
  const { after, max, budget, handle, clock, onListenerError } = settings;
  const latencies = typeof after === 'number' ? undefined : after['~watch']();
  return {
    kind: 'hedge',
    mode: 'async',
    role: 'guard',
    options: {
      after: typeof after === 'number' ? after : { quantile: after.quantile, window: after.window, minimum: after.minimum },
      max,
      budget: budget === undefined ? 'none' : { tokens: budget.maxTokens, ratio: budget.ratio },
      handle: handle === undefined ? 'default' : 'custom',
    },
    label: `hedge${max === 2 ? '' : ` ×${max}`} after ${typeof after === 'number' ? showMs(after) : showShare(after)}`,
    clock,
    report: onListenerError,
    timed: true,
    stage: { around: (call, inside) => new Hedging(settings, latencies, call, inside).run() },
  };
}

/** As people write percentiles: `p95`, `p99.9`. */
function showShare({ quantile }: Quantile): string {
  return `p${Math.round(quantile * 100_000) / 1_000}`;
}
