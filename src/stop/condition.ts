/**
 * Conditions under which a loop stops: plain data that looks at a loop and says whether it holds, and why. What is counted
 * belongs to the loop, so that one condition can serve many.
 * @module
 */
import { show } from '../core/text.ts';

/** Why a loop stopped, or what else a condition has to say of it. */
export interface StopReason {
  /** Which condition it is, such as `'circuit-open'`: to tell reasons apart. */
  readonly kind: string;
  /** The same as a sentence. */
  readonly message: string;
}

/**
 * Why a loop stopped where several conditions had to hold.
 * @typeParam R - the reasons of the conditions
 */
export interface AllReason<R extends StopReason = StopReason> extends StopReason {
  /** Tells it apart. */
  readonly kind: 'all';
  /** One reason a condition, in the order in which they were given. */
  readonly reasons: readonly R[];
}

/** Why a loop stopped where a condition had to cease. */
export interface NotReason extends StopReason {
  /** Tells it apart. */
  readonly kind: 'not';
  /** What the condition said: its `kind` tells which one it is, its `message` why it does not hold. */
  readonly reason: StopReason;
}

/** What a condition sees of a loop. */
export interface LoopState {
  /** How many iterations have begun. */
  readonly iterations: number;
  /** Time since the loop began, in milliseconds. */
  readonly elapsedMs: number;
  /** Time since the loop last made progress, or began, in milliseconds. */
  readonly sinceProgressMs: number;
}

/** What a condition finds when it looks at a loop. The reason says why it holds, or why not. */
export interface Finding<R extends StopReason = StopReason> {
  readonly holds: boolean;
  readonly reason: R;
}

/**
 * A condition under which a loop stops: what {@link stopWhen} takes. It is plain data, which keeps nothing of any loop.
 * @typeParam R - its reasons
 */
export interface StopCondition<R extends StopReason = StopReason> {
  /** The condition in a few words: `circuit open or 10 iterations`. */
  readonly label: string;
  /**
   * Holds where this condition holds, or one of the others: the first that does gives the reason.
   * @typeParam C - the others
   *
   * @example
   * ```ts
   * import { breaker, circuitOpen, maxIterations } from 'breakwater';
   *
   * circuitOpen(breaker()).or(maxIterations(10)).label // => 'circuit open or 10 iterations'
   * ```
   * @throws TypeError when one of the others is no condition.
   */
  or<C extends readonly StopCondition[]>(...others: C): StopCondition<R | C[number]['~reason']>;
  /**
   * Holds where this condition and all the others hold: the reason has all their reasons.
   * @typeParam C - the others
   *
   * @example
   * ```ts
   * import { maxIterations, noProgress } from 'breakwater';
   *
   * maxIterations(10).and(noProgress(60_000)).label // => '10 iterations and no progress for 60 s'
   * ```
   * @throws TypeError when one of the others is no condition.
   */
  and<C extends readonly StopCondition[]>(...others: C): StopCondition<AllReason<R | C[number]['~reason']>>;
  /** The condition in a few words. */
  toString(): string;
  /** @internal */
  readonly '~reason': R;
  /** @internal Looks at a loop. */
  readonly '~look': (loop: LoopState) => Finding;
}

/** The object behind every condition. */
class Condition implements StopCondition<never> {
  declare readonly '~reason': never;
  readonly label: string;
  readonly '~look': (loop: LoopState) => Finding;

  constructor(label: string, look: (loop: LoopState) => Finding) {
    this.label = label;
    this['~look'] = look;
  }

  or(...others: readonly unknown[]): never {
    return anyCondition(stopConditions('or', [this, ...others])) as never;
  }

  and(...others: readonly unknown[]): never {
    return allConditions(stopConditions('and', [this, ...others])) as never;
  }

  toString(): string {
    return this.label;
  }
}

/** A condition that looks at a loop as `look` does. */
export function conditionOf<R extends StopReason>(label: string, look: (loop: LoopState) => Finding<R>): StopCondition<R> {
  return new Condition(label, look);
}

/** Whether a value is a condition, of this copy of the package or another. */
export function isStopCondition(value: unknown): value is StopCondition {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '~look');
}

/**
 * The conditions that were given to `owner`.
 *
 * @throws TypeError when one of them is none; it shows what would be.
 */
export function stopConditions(owner: string, given: readonly unknown[]): readonly StopCondition[] {
  return given.map((one, i) => {
    if (isStopCondition(one)) return one;
    const own = typeof one === 'function' ? ': write stopCondition(\'its name\', () => …)' : '';
    const which = given.length > 1 ? ` as condition ${i + 1}` : '';
    throw new TypeError(`${owner} expects a stop condition such as maxIterations(10), got ${show(one)}${which}${own}`);
  });
}

/** Holds where one of the conditions holds. */
export function anyCondition(conditions: readonly StopCondition[]): StopCondition {
  return conditionOf(labelOf(conditions, ' or ', ' and '), (loop) => {
    const found: StopReason[] = [];
    for (const condition of conditions) {
      const finding = condition['~look'](loop);
      if (finding.holds) return finding;
      found.push(finding.reason);
    }
    return { holds: false, reason: together(found) };
  });
}

/** Holds where all of the conditions hold. */
function allConditions(conditions: readonly StopCondition[]): StopCondition {
  return conditionOf(labelOf(conditions, ' and ', ' or '), (loop) => {
    const found: StopReason[] = [];
    for (const condition of conditions) {
      const finding = condition['~look'](loop);
      if (!finding.holds) return finding;
      found.push(finding.reason);
    }
    return { holds: true, reason: together(found) };
  });
}

/**
 * Holds where the condition does not.
 *
 * @param condition - the condition that has to cease.
 * @throws TypeError when it is no condition.
 *
 * @example
 * ```ts
 * import { breaker, circuitOpen, not, stopWhen } from 'breakwater';
 *
 * const circuit = breaker();
 * const stop = stopWhen(not(circuitOpen(circuit)));
 * stop.check() // => true
 * stop.reason?.message // => 'The circuit admits calls.'
 * ```
 */
export function not(condition: StopCondition): StopCondition<NotReason> {
  const [one] = stopConditions('not', [condition]) as [StopCondition];
  return conditionOf(/ (?:or|and) /.test(one.label) ? `not (${one.label})` : `not ${one.label}`, (loop) => {
    const { holds, reason } = one['~look'](loop);
    return { holds: !holds, reason: { kind: 'not', message: reason.message, reason } };
  });
}

function together(reasons: readonly StopReason[]): AllReason {
  return { kind: 'all', message: reasons.map(({ message }) => message).join(' '), reasons };
}

function labelOf(conditions: readonly StopCondition[], by: string, other: string): string {
  return conditions.map(({ label }) => (label.includes(other) ? `(${label})` : label)).join(by);
}
