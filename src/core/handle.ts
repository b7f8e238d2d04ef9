/**
 * `handle`: which outcomes count. One name and one shape in every layer.
 * @module
 */
import { functionOf, wrongType } from './options.ts';
import { disregard } from './thenable.ts';

/** What came of a call or of an attempt. The absent half reads as `undefined`, so that it can be destructured. */
export type Outcome =
  | {
      /** What was thrown. */
      readonly error: unknown;
      /** There is none. */
      readonly value?: undefined;
    }
  | {
      /** What was answered. */
      readonly value: unknown;
      /** There is none. */
      readonly error?: undefined;
    };

/**
 * What an outcome counts as. `true`: a failure. `false`: a success. `'ignore'`: neither; it leaves the counters alone and
 * gives a probe's slot back.
 */
export type Verdict = boolean | 'ignore';

/**
 * A class of errors; it need not extend `Error`.
 * @typeParam E - the errors of the class
 */
export type ErrorClass<E = unknown> = abstract new (...args: never) => E;

/** cockatiel's filter builder (`handleAll`, `handleType(...)`), 3.x and 4.x, by its structure. */
export interface CockatielFilter {
  /** The two filters: `true` is a failure; `false` has nothing to say about an error and calls a value good. */
  readonly options: {
    /** Whether an error counts. */
    readonly errorFilter: (error: any) => boolean;
    /** Whether a value counts. */
    readonly resultFilter: (result: any) => boolean;
  };
}

/** One part of a `handle`, made by {@link errors}, {@link results}, {@link outcomes}, {@link ignoring} or {@link anyError}. */
export interface OutcomeTest {
  /** @internal Its answer; `undefined` where it has nothing to say. `local`: the outcome is a local rejection. */
  readonly '~test': (outcome: Outcome, local: boolean) => Verdict | undefined;
  /** @internal Whether it says which errors count: then the default for errors no longer applies. */
  readonly '~names': boolean;
  /** @internal Whether it may be shown a local rejection: only a class says by its name that it means one. */
  readonly '~local': boolean;
}

/**
 * One part of a `handle`: a function of the error, a class of errors, a test, or a cockatiel filter. A bare function is
 * never asked about values: ask about those with {@link results} or {@link outcomes}.
 */
export type HandleOne = ((error: unknown) => Verdict) | ErrorClass | OutcomeTest | CockatielFilter;

/** Which outcomes count: one test, or a list of them, in which the first answer other than `false` wins. */
export type Handle = HandleOne | readonly HandleOne[];

/** A checked `handle`. `undefined`: it has nothing to say, the default applies. `local`: the outcome is a local rejection. */
export type Judge = (outcome: Outcome, local: boolean) => Verdict | undefined;

/**
 * Every error is a failure, as far as the default would ask about it: never a cancellation, never a local rejection.
 * In a fallback's `handle` it means local rejections, too.
 *
 * @example
 * ```ts
 * import { anyError, results, retry } from 'breakwater';
 *
 * const answers = ['', '', 'text'];
 * const ask = retry({ delay: 0, handle: [anyError, results((text: string) => text === '')] }).wrapSync(() => answers.shift());
 * ask() // => 'text'
 * ```
 */
export const anyError: OutcomeTest = {
  '~test': (outcome) => ('value' in outcome ? undefined : true),
  '~names': true,
  '~local': true,
};

/**
 * Errors of one class count as failures; with a predicate, the class's errors count as it says. Errors of other classes
 * say nothing (`'ignore'`).
 * @typeParam E - the errors of the class
 *
 * @example
 * ```ts
 * import { breaker, errors } from 'breakwater';
 *
 * const circuit = breaker({ failureThreshold: 1, handle: errors(RangeError) });
 * try { circuit.executeSync(() => { throw new TypeError('a bug'); }); } catch {}
 * circuit.state // => 'closed'
 * try { circuit.executeSync(() => { throw new RangeError('too far'); }); } catch {}
 * circuit.state // => 'open'
 * ```
 * @throws TypeError when `type` is not a class or `predicate` not a function.
 */
export function errors<E>(type: ErrorClass<E>, predicate?: (error: E) => Verdict): OutcomeTest {
  if (!canHaveInstances(type)) throw wrongType('errors(type)', 'a class of errors', type);
  if (predicate !== undefined) functionOf('a function of the error')(predicate, 'errors(type, predicate)');
  return {
    '~test': (outcome) => {
      if ('value' in outcome || !(outcome.error instanceof type)) return undefined;
      return predicate === undefined ? true : verdictOf(predicate(outcome.error));
    },
    '~names': true,
    '~local': true,
  };
}

/**
 * Values for which the predicate answers `true` count as failures. Errors keep their default.
 * @typeParam T - the values that the predicate is asked about
 *
 * @example
 * ```ts
 * import { results, retry } from 'breakwater';
 *
 * const statuses = [503, 503, 200];
 * retry({ delay: 0, handle: results((status: number) => status >= 500) }).executeSync(() => statuses.shift()) // => 200
 * ```
 * @throws TypeError when `predicate` is not a function.
 */
export function results<T>(predicate: (value: T) => Verdict): OutcomeTest {
  functionOf('a function of the value')(predicate, 'results(predicate)');
  return {
    '~test': (outcome) => ('value' in outcome ? verdictOf(predicate(outcome.value as T)) : undefined),
    '~names': false,
    '~local': false,
  };
}

/**
 * One predicate for errors and values.
 *
 * @example
 * ```ts
 * import { breaker, outcomes } from 'breakwater';
 *
 * const bad = outcomes(({ error, value }) => error !== undefined || value === null);
 * const circuit = breaker({ failureThreshold: 1, handle: bad });
 * circuit.executeSync(() => null) // => null
 * circuit.state // => 'open'
 * ```
 * @throws TypeError when `predicate` is not a function.
 */
export function outcomes(predicate: (outcome: Outcome) => Verdict): OutcomeTest {
  functionOf('a function of the outcome')(predicate, 'outcomes(predicate)');
  return { '~test': (outcome) => verdictOf(predicate(outcome)), '~names': true, '~local': false };
}

/**
 * What one of these tests would call a failure says nothing instead. Everything else keeps its default.
 *
 * @example
 * ```ts
 * import { breaker, ignoring } from 'breakwater';
 *
 * const circuit = breaker({ failureThreshold: 1, handle: ignoring(SyntaxError) });
 * try { circuit.executeSync(() => JSON.parse('{')); } catch {}
 * circuit.failures // => 0
 * ```
 * @throws TypeError when one of them is not a part of a `handle`.
 */
export function ignoring(...tests: readonly HandleOne[]): OutcomeTest {
  const parts = tests.map((test, i) => toTest(test, `ignoring(…): argument ${i + 1}`));
  return {
    '~test': (outcome, local) => (parts.some((part) => said(part, outcome, local) === true) ? 'ignore' : undefined),
    '~names': false,
    '~local': parts.some((part) => part['~local']),
  };
}

/** Checks the option `handle` and makes one question of it. */
export function handleOption(value: unknown, at: string): Judge {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new RangeError(`${at} must name at least one outcome, got an array of 0`);
  const tests = list.map((one, i) => toTest(one, Array.isArray(value) ? `${at}[${i}]` : at));
  const names = tests.some((test) => test['~names']);
  return (outcome, local) => {
    let answer: Verdict | undefined;
    for (const test of tests) {
      const verdict = said(test, outcome, local);
      if (verdict === true || verdict === 'ignore') return verdict;
      answer ??= verdict;
    }
    if (answer !== undefined || 'value' in outcome) return answer ?? false;
    return names ? 'ignore' : undefined;
  };
}

/** What a test says of an outcome; nothing of a local rejection that it may not be shown. */
function said(test: OutcomeTest, outcome: Outcome, local: boolean): Verdict | undefined {
  return local && !test['~local'] ? undefined : test['~test'](outcome, local);
}

function toTest(value: unknown, at: string): OutcomeTest {
  if (typeof value === 'function') return isClass(value) ? errors(value as never) : errorTest(value as ErrorPredicate);
  if (typeof value === 'object' && value !== null) {
    if (typeof (value as Partial<OutcomeTest>)['~test'] === 'function') return value as OutcomeTest;
    const filters = (value as Partial<CockatielFilter>).options;
    if (typeof filters?.errorFilter === 'function' && typeof filters.resultFilter === 'function') return cockatielTest(filters);
  }
  const tests = 'errors(…), results(…), outcomes(…), ignoring(…), anyError';
  throw wrongType(at, `a function of the error, a class of errors, ${tests}, or a list of these`, value);
}

type ErrorPredicate = (error: unknown) => Verdict;

function errorTest(predicate: ErrorPredicate): OutcomeTest {
  return {
    '~test': (outcome) => ('value' in outcome ? undefined : verdictOf(predicate(outcome.error))),
    '~names': true,
    '~local': false,
  };
}

/** What cockatiel's filters do not name passes them untouched: for an error that is `'ignore'`, for a value a success. */
function cockatielTest({ errorFilter, resultFilter }: CockatielFilter['options']): OutcomeTest {
  return {
    '~test': (outcome) => {
      if ('value' in outcome) return verdictOf(resultFilter(outcome.value));
      return verdictOf(errorFilter(outcome.error)) || undefined;
    },
    '~names': true,
    '~local': false,
  };
}

/** A class, as opposed to a function that judges: it makes errors, or its `prototype` cannot be replaced. */
function isClass(value: Function): boolean {
  if (value.prototype instanceof Error) return true;
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

/** An arrow function and a method have no instances: asking `instanceof` of them throws. */
function canHaveInstances(type: unknown): boolean {
  try {
    return typeof ({} instanceof (type as ErrorClass)) === 'boolean';
  } catch {
    return false;
  }
}

/** What a predicate of the user's answered. A promise would always be true: it is refused. */
function verdictOf(answer: unknown): Verdict {
  if (answer === 'ignore') return answer;
  if (disregard(answer)) throw new TypeError('handle must answer at once with true, false or "ignore", got a promise');
  return Boolean(answer);
}
