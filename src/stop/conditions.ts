/**
 * The conditions there are, and the way to write one's own.
 * @module
 */
import type { Circuit } from '../circuit/face.ts';
import type { CircuitState } from '../core/policy-event.ts';
import { functionOf, outOfRange, positiveDuration, wholeNumber, wrongType } from '../core/options.ts';
import { show, showMs } from '../core/text.ts';
import { conditionOf, type LoopState, type StopCondition, type StopReason } from './condition.ts';

/** The reason of {@link circuitOpen}. */
export interface CircuitOpenReason extends StopReason {
  /** Tells it apart. */
  readonly kind: 'circuit-open';
  /** Where the circuit stood. */
  readonly state: CircuitState;
  /** Whole milliseconds until a call may be admitted; `Infinity` while the circuit is isolated. */
  readonly retryAfterMs: number;
}

/** The reason of {@link deadlineExpired}. */
export interface DeadlineExpiredReason extends StopReason {
  /** Tells it apart. */
  readonly kind: 'deadline-expired';
  /** What was left until the deadline, in milliseconds: 0 once it has passed. */
  readonly remainingMs: number;
}

/** The reason of {@link maxIterations}. */
export interface MaxIterationsReason extends StopReason {
  /** Tells it apart. */
  readonly kind: 'max-iterations';
  /** How many iterations had begun. */
  readonly iterations: number;
}

/** The reason of {@link noProgress}. */
export interface NoProgressReason extends StopReason {
  /** Tells it apart. */
  readonly kind: 'no-progress';
  /** Time since the loop last made progress, or began, in milliseconds. */
  readonly sinceProgressMs: number;
}

/**
 * What the function of {@link stopCondition} answers where the condition holds: a sentence, or a sentence with facts.
 * @typeParam F - the facts
 */
export type Holds<F extends object> =
  | string
  | (F & {
      /** The sentence. */
      readonly message: string;
    });

/**
 * Holds while the circuit turns calls away: while it is open, isolated, or half-open with all its probes under way. It
 * ceases when the recovery time is over, so that a loop may send the probe.
 *
 * @param target - a breaker, or a policy with a circuit.
 * @throws TypeError when it is neither.
 *
 * @example
 * ```ts
 * import { breaker, circuitOpen, stopWhen } from 'breakwater';
 *
 * const circuit = breaker({ recoveryTimeout: 60_000 });
 * circuit.open();
 * const stop = stopWhen(circuitOpen(circuit));
 * for (const iteration of stop) throw new Error(`iteration ${iteration} would be for nothing`);
 * stop.reason?.message // => 'The circuit is open: it may admit a call again in 60 s.'
 * ```
 */
export function circuitOpen(target: Circuit | { readonly circuit: Circuit }): StopCondition<CircuitOpenReason> {
  const circuit = circuitOf(target);
  return conditionOf('circuit open', () => {
    const { state, retryAfterMs } = circuit;
    const holds = circuit.isOpen();
    return { holds, reason: { kind: 'circuit-open', message: told(holds, state, retryAfterMs), state, retryAfterMs } };
  });
}

function circuitOf(target: unknown): Circuit {
  const of = (value: unknown): value is Circuit =>
    typeof value === 'object' && value !== null && typeof (value as Partial<Circuit>).isOpen === 'function';
  if (of(target)) return target;
  const inside = (target as { readonly circuit?: unknown } | null | undefined)?.circuit;
  if (of(inside)) return inside;
  throw wrongType('circuitOpen: target', 'a breaker, or a policy with a circuit', target);
}

function told(holds: boolean, state: CircuitState, retryAfterMs: number): string {
  if (!holds) return 'The circuit admits calls.';
  if (state === 'isolated') return 'The circuit is isolated by hand.';
  if (state === 'half-open') return 'The circuit is half-open, and all its probes are under way.';
  return `The circuit is open: it may admit a call again ${retryAfterMs === Infinity ? 'when somebody closes it' : `in ${showMs(retryAfterMs)}`}.`;
}

/**
 * Holds once a deadline has passed.
 *
 * @param deadline - a shared deadline such as {@link deadlineIn} makes, or the time a loop may take, in milliseconds above
 * 0, from when its {@link stopWhen} was made.
 * @throws TypeError when it is neither; also a check throws it, where a deadline's `remainingMs` is no number.
 * @throws RangeError when the number is not above 0.
 *
 * @example
 * ```ts
 * import { deadlineExpired, deadlineIn, stopWhen } from 'breakwater';
 *
 * const stop = stopWhen(deadlineExpired(deadlineIn(0)));
 * stop.check() // => true
 * stop.reason?.message // => 'The deadline has passed.'
 * ```
 */
export function deadlineExpired(deadline: number | { readonly remainingMs: number }): StopCondition<DeadlineExpiredReason> {
  const left = remainingOf(deadline);
  const label = typeof deadline === 'number' ? `deadline ${showMs(deadline)}` : 'shared deadline';
  return conditionOf(label, (loop) => {
    const remainingMs = Math.max(0, left(loop));
    const holds = remainingMs === 0;
    return { holds, reason: { kind: 'deadline-expired', message: away(remainingMs), remainingMs } };
  });
}

function away(ms: number): string {
  if (ms === 0) return 'The deadline has passed.';
  return ms === Infinity ? 'There is no deadline.' : `The deadline is ${showMs(ms)} away.`;
}

function remainingOf(deadline: unknown): (loop: LoopState) => number {
  if (typeof deadline === 'number') {
    const within = positiveDuration(deadline, 'deadlineExpired: deadline');
    return ({ elapsedMs }) => within - elapsedMs;
  }
  if (typeof deadline === 'object' && deadline !== null && 'remainingMs' in deadline) {
    return () => {
      const left: unknown = deadline.remainingMs;
      const [at, expects] = ['deadlineExpired: remainingMs', 'a number of milliseconds'];
      if (typeof left !== 'number') throw wrongType(at, expects, left);
      if (Number.isNaN(left)) throw outOfRange(at, expects, left);
      return left;
    };
  }
  throw wrongType('deadlineExpired: deadline', 'a duration in milliseconds above 0, or a deadline', deadline);
}

/**
 * Holds once so many iterations have begun.
 *
 * @param iterations - how many iterations a loop may make: a whole number, 0 or more.
 * @throws TypeError when it is not a number.
 * @throws RangeError when it is not whole, or is negative.
 *
 * @example
 * ```ts
 * import { maxIterations, stopWhen } from 'breakwater';
 *
 * const stop = stopWhen(maxIterations(3));
 * [...stop] // => [1, 2, 3]
 * stop.reason?.message // => 'The loop has made 3 iterations.'
 * ```
 */
export function maxIterations(iterations: number): StopCondition<MaxIterationsReason> {
  const most = wholeNumber(0)(iterations, 'maxIterations: iterations');
  return conditionOf(times(most), (loop) => {
    const holds = loop.iterations >= most;
    const message = `The loop has made ${times(loop.iterations)}${holds ? '' : ` of ${most}`}.`;
    return { holds, reason: { kind: 'max-iterations', message, iterations: loop.iterations } };
  });
}

function times(iterations: number): string {
  return `${iterations} iteration${iterations === 1 ? '' : 's'}`;
}

/**
 * Holds once a loop has made no progress for so long. The loop says where it does, with `progress()`; its begin is counted
 * as progress.
 *
 * @param ms - how long a loop may go without progress, in milliseconds above 0.
 * @throws TypeError when it is not a number.
 * @throws RangeError when it is not above 0.
 *
 * @example
 * ```ts
 * import { noProgress, stopWhen } from 'breakwater';
 *
 * const jobs = ['a', 'b'];
 * const stop = stopWhen(noProgress(30_000));
 * while (jobs.length > 0 && !stop.check()) {
 *   jobs.pop();
 *   stop.progress();
 * }
 * stop.reason // => undefined
 * ```
 */
export function noProgress(ms: number): StopCondition<NoProgressReason> {
  const most = positiveDuration(ms, 'noProgress: ms');
  return conditionOf(`no progress for ${most === Infinity ? 'ever' : showMs(most)}`, ({ sinceProgressMs }) => {
    const holds = sinceProgressMs >= most;
    const ago = showMs(sinceProgressMs);
    const message = holds ? `The loop has made no progress for ${ago}.` : `The loop made progress ${ago} ago.`;
    return { holds, reason: { kind: 'no-progress', message, sinceProgressMs } };
  });
}

/**
 * A condition of one's own.
 *
 * @param kind - what its reason is told apart by, such as `'tokens-spent'`.
 * @param when - looks at the loop, and answers `false` where the condition does not hold. Where it does, the answer is
 * `true`, the reason as a sentence, or an object with that as its `message` and with facts besides.
 * @typeParam K - the kind
 * @typeParam F - the facts
 * @throws TypeError when `kind` is no text or `when` is no function; also a check throws it, where `when` answers anything
 * else.
 *
 * @example
 * ```ts
 * import { maxIterations, stopCondition, stopWhen } from 'breakwater';
 *
 * let spent = 0;
 * const tokensSpent = stopCondition('tokens-spent', () => spent > 1_000 && { message: `${spent} tokens are spent.`, spent });
 * const stop = stopWhen(tokensSpent.or(maxIterations(20)));
 * for (const _ of stop) spent += 400;
 * stop.reason // => { kind: 'tokens-spent', message: '1200 tokens are spent.', spent: 1200 }
 * ```
 */
export function stopCondition<const K extends string, F extends object = object>(
  kind: K,
  when: (loop: LoopState) => Holds<F> | boolean,
): StopCondition<
  StopReason &
    F & {
      /** What it was named. */
      readonly kind: K;
    }
>;
export function stopCondition(kind: unknown, when: unknown): StopCondition {
  if (typeof kind !== 'string') throw wrongType('stopCondition: kind', 'a text that its reason is told apart by', kind);
  const look = functionOf<(loop: LoopState) => unknown>('a function that looks at the loop')(when, 'stopCondition: when');
  return conditionOf(kind, (loop) => {
    const answer = look(loop);
    if (answer === false) return { holds: false, reason: { kind, message: `It does not hold: ${kind}.` } };
    return { holds: true, reason: { ...factsOf(answer, kind), kind } };
  });
}

function factsOf(answer: unknown, kind: string): { readonly message: string } {
  if (answer === true) return { message: `It holds: ${kind}.` };
  if (typeof answer === 'string') return { message: answer };
  const message: unknown = (answer as { readonly message?: unknown } | null | undefined)?.message;
  if (typeof message === 'string') return answer as { readonly message: string };
  const expects = `stopCondition(${show(kind)}): when must answer true, false, a sentence or an object with a message`;
  throw new TypeError(`${expects}, got ${show(answer)}`);
}
