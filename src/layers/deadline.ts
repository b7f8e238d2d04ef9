/** The deadline: a limit on the whole call, attempts and waits together. */
import { hostClock, type Clock } from '../core/clock.ts';
import { commonChecks, type CommonOptions, type CommonSettings, type Layer } from '../core/layer.ts';
import { duration, outOfRange, positiveDuration, readOptions, refusePolicy, wrongType } from '../core/options.ts';
import { show, showMs } from '../core/text.ts';
import { PolicyObject } from '../policy.ts';
import type { PolicyOf } from '../types.ts';

/** A point in time that several calls can share: see {@link deadlineIn}. */
export interface Deadline {
  /** What is left until it, in milliseconds; 0 when it has passed. */
  readonly remainingMs: number;
}

/** A policy that is a deadline. */
export interface DeadlinePolicy extends PolicyOf<'deadline', 'async', never> {}

/**
 * Limits how long the whole call may take, attempts and waits together. It cuts the attempt that is under way, refuses a
 * wait that would not end in time, and rejects with {@link DeadlineExceededError}. Its time runs from the moment the call
 * enters the policy. Nested deadlines take the smaller.
 *
 * @param within - the time a call may take, in milliseconds above 0, or a point in time that calls share.
 * @param options - the clock.
 * @throws TypeError when `within` is neither; a call rejects with it when a deadline's `remainingMs` is no number.
 * @throws RangeError when the number is not above 0.
 *
 * @example
 * ```ts
 * import { deadline, DeadlineExceededError, policy, retry } from 'breakwater';
 *
 * const guard = policy(deadline(50), retry({ attempts: 3, delay: 60_000 }));
 * const failing = () => Promise.reject(new Error('down'));
 * const error = await guard.execute(failing).catch((caught) => caught);
 * error instanceof DeadlineExceededError // => true
 * error.cause.message // => 'down'
 * ```
 * @see {@link timeout} limits one attempt.
 * @see {@link Chain.deadline} is the same as a step of a chain.
 */
export function deadline(within: number | Deadline, options?: CommonOptions): DeadlinePolicy {
  const settings = readOptions<CommonSettings>('deadline', options, commonChecks);
  return new PolicyObject([layer(checked(within), settings)]) as DeadlinePolicy;
}

/**
 * A point in time, `ms` milliseconds from now, that several calls and policies can share.
 *
 * @throws TypeError when `ms` is no number.
 * @throws RangeError when it is negative.
 *
 * @example
 * ```ts
 * import { deadline, deadlineIn } from 'breakwater';
 *
 * const soon = deadlineIn(5_000);
 * const guard = deadline(soon);
 * soon.remainingMs > 4_000 // => true
 * ```
 */
export function deadlineIn(ms: number, options?: { readonly clock?: Clock | undefined }): Deadline {
  const checks = { clock: commonChecks.clock };
  const { clock = hostClock } = readOptions<Pick<CommonSettings, 'clock'>>('deadlineIn', options, checks);
  const at = clock.now() + duration(ms, 'deadlineIn: ms');
  return {
    get remainingMs(): number {
      return Math.max(0, at - clock.now());
    },
  };
}

function checked(within: unknown): number | Deadline {
  refusePolicy(within, 'deadline takes a duration or a deadline');
  if (typeof within === 'number') return positiveDuration(within, 'deadline: within');
  if (typeof within === 'object' && within !== null && 'remainingMs' in within) return within as Deadline;
  throw wrongType('deadline: within', 'a duration in milliseconds above 0, or a deadline', within);
}

function layer(within: number | Deadline, { clock, onListenerError }: CommonSettings): Layer {
  const own = typeof within === 'number';
  return {
    kind: 'deadline',
    mode: 'async',
    role: 'guard',
    options: { within: own ? within : 'shared' },
    label: own ? `deadline ${showMs(within)}` : 'deadline, shared',
    clock,
    report: onListenerError,
    ...(own && within < Infinity ? { bound: within } : {}),
    enter: (call) => {
      const left = own ? within : leftOf(within);
      call.deadlineAt = Math.min(call.deadlineAt, call.env.clock.now() + left);
    },
  };
}

/** What a shared deadline says now; it is an object of the user's. */
function leftOf(within: Deadline): number {
  const left: unknown = within.remainingMs;
  if (typeof left !== 'number') throw new TypeError(`deadline: remainingMs must be a number of milliseconds, got ${show(left)}`);
  if (Number.isNaN(left)) throw outOfRange('deadline: remainingMs', 'a number of milliseconds', left);
  return Math.max(0, left);
}
