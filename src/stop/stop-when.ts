/**
 * `stopWhen(condition)`: the end of a loop, said in one place, with its reason.
 * @module
 */
import { clockOption, hostClock, type Clock } from '../core/clock.ts';
import { optional, readOptions } from '../core/options.ts';
import { isStopCondition, stopConditions, type LoopState, type StopCondition, type StopReason } from './condition.ts';

/** What {@link stopWhen} takes besides the condition. */
export interface StopWhenOptions {
  /**
   * Where time comes from.
   * @default the host's own
   */
  readonly clock?: Clock | undefined;
}

/**
 * The end of one loop: what {@link stopWhen} answers. It counts the iterations and the time of that loop; once its condition
 * held, it has stopped for good. To go over it gives the numbers of the iterations, from 1, until it stops.
 * @typeParam R - the reasons why it may stop
 */
export interface Stop<R extends StopReason = StopReason> extends Iterable<number> {
  /** Asks before an iteration: `true` where the loop stops, `false` where the iteration begins, and is counted. */
  check(): boolean;
  /** Why the loop would stop now, or has stopped; `undefined` where it goes on. Counts and changes nothing. */
  peek(): R | undefined;
  /** Why the loop stopped; `undefined` as long as it has not. */
  readonly reason: R | undefined;
  /** How many iterations have begun. */
  readonly iterations: number;
  /** The loop made progress: {@link noProgress} begins to count anew. */
  progress(): void;
}

/**
 * Ends a loop when a condition holds, and says why. Make one for each loop, where it begins: its time runs from then. The
 * condition itself can be used again.
 *
 * It has no timer: it looks when it is asked, before each iteration. What an iteration may take is for a {@link timeout} or a
 * {@link deadline} to say.
 *
 * @param condition - one condition; several are joined by {@link anyOf}, or by their `or` and `and`.
 * @param options - the clock.
 * @typeParam R - the reasons why it may stop
 * @throws TypeError when it is no condition, or an option is unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { breaker, circuitOpen, maxIterations, stopWhen } from 'breakwater';
 *
 * const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 60_000 });
 * const step = circuit.wrap(async () => { throw new Error('529 overloaded'); });
 * const stop = stopWhen(circuitOpen(circuit).or(maxIterations(20)));
 * for (const _ of stop) await step().catch(() => {}); // without a stop: 20 steps, 18 of them for nothing
 * stop.iterations // => 2
 * stop.reason?.kind // => 'circuit-open'
 * ```
 * @see {@link stopCondition} is how to write a condition of one's own.
 */
export function stopWhen<R extends StopReason>(condition: StopCondition<R>, options?: StopWhenOptions): Stop<R> {
  const [one] = stopConditions('stopWhen', [condition]) as [StopCondition];
  if (isStopCondition(options)) throw new TypeError('stopWhen takes one condition, got two: join them with anyOf(a, b), a.or(b) or a.and(b)');
  const { clock } = readOptions<{ clock: Clock }>('stopWhen', options, { clock: optional(clockOption, hostClock) });
  return new LoopStop(one, new Loop(clock)) as Stop as Stop<R>;
}

/** What is counted of one loop. */
class Loop implements LoopState {
  iterations = 0;
  readonly #clock: Clock;
  readonly #begun: number;
  #progressed: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begun = this.#progressed = clock.now();
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#begun;
  }

  get sinceProgressMs(): number {
    return this.#clock.now() - this.#progressed;
  }

  progressed(): void {
    this.#progressed = this.#clock.now();
  }
}

/** The object behind every stop. */
class LoopStop implements Stop {
  readonly #condition: StopCondition;
  readonly #loop: Loop;
  #reason: StopReason | undefined = undefined;

  constructor(condition: StopCondition, loop: Loop) {
    this.#condition = condition;
    this.#loop = loop;
  }

  check(): boolean {
    this.#reason = this.peek();
    if (this.#reason !== undefined) return true;
    this.#loop.iterations += 1;
    return false;
  }

  peek(): StopReason | undefined {
    if (this.#reason !== undefined) return this.#reason;
    const { holds, reason } = this.#condition['~look'](this.#loop);
    return holds ? reason : undefined;
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  get iterations(): number {
    return this.#loop.iterations;
  }

  progress(): void {
    this.#loop.progressed();
  }

  *[Symbol.iterator](): Generator<number, void> {
    while (!this.check()) yield this.iterations;
  }
}
