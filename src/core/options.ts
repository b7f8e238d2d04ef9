/**
 * The checks of options. An options object is read once, at construction: own properties only, in one pass, never
 * changed. A bad one is a `TypeError` (the wrong kind of value, an unknown name) or a `RangeError` (a number out of its
 * range) that names the option, what it expects and what it got.
 * @module
 */
import { show } from './text.ts';

/** Reads one option: answers the value to use (its default where it was not given), or throws. `at` is its full name. */
export type Check<T> = (value: unknown, at: string) => T;

/** One check an option; `T` is what the checked options look like. */
export type Checks<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/**
 * The options `given` to the factory `owner`, checked.
 *
 * @param remedy - what the error for an unknown name ends with.
 * @throws TypeError when `given` is not a plain options object, or has a name that is not an option.
 */
export function readOptions<T extends object>(owner: string, given: unknown, checks: Checks<T>, remedy = ''): T {
  const known = Object.keys(checks) as (keyof T & string)[];
  if (given === undefined) given = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given) || holdsNoOptions(given)) {
    const instead = meant(owner, given, checks);
    throw new TypeError(`${owner} expects an object of options (${known.join(', ')}), got ${show(given)}${instead}`);
  }
  refusePolicy(given, `${owner} takes options`);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`${owner} has no option ${show(name)}; it has ${known.join(', ')}${remedy}`);
    }
  }
  const options = {} as T;
  for (const name of known) {
    const value: unknown = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    options[name] = checks[name](value, `${owner}: ${name}`);
  }
  return options;
}

/** A signal, a date, a map: it has no option as its own, and would be passed over in silence. */
function holdsNoOptions(given: object): boolean {
  return Object.prototype.toString.call(given) !== '[object Object]' && Object.keys(given).length === 0;
}

/** What to write instead, where a value was given that fits the first option, or a function to the factory of a layer. */
function meant(owner: string, given: unknown, checks: object): string {
  const [first, check] = Object.entries(checks)[0] as [string, Check<unknown>];
  try {
    check(given, owner);
    return `: write { ${first}: ${typeof given === 'object' || typeof given === 'function' ? '…' : show(given)} }`;
  } catch {
    const isLayer = Object.hasOwn(checks, 'onListenerError');
    return typeof given === 'function' && isLayer ? `: to run it, write ${owner}(…).wrap(fn)` : '';
  }
}

/**
 * Refuses a ready-made policy where something else belongs; `takes` says what.
 *
 * @throws TypeError that shows where policies are composed.
 */
export function refusePolicy(value: unknown, takes: string): void {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '~layers')) return;
  throw new TypeError(`${takes}, got a ready-made policy: compose those with policy(a, b) or Policy.with(a, b)`);
}

/** The error for a value of the wrong kind. */
export function wrongType(at: string, expects: string, got: unknown): TypeError {
  return new TypeError(`${at} must be ${expects}, got ${show(got)}`);
}

/** The error for a value of the right kind outside its range. */
export function outOfRange(at: string, expects: string, got: unknown): RangeError {
  return new RangeError(`${at} must be ${expects}, got ${show(got)}`);
}

/** The option may be left out; then it is `otherwise`. */
export function optional<T, D>(check: Check<T>, otherwise: D): Check<T | D> {
  return (value, at) => (value === undefined ? otherwise : check(value, at));
}

/** A number for which `fits` holds; `expects` says so in words. */
export function numberThat(expects: string, fits: (value: number) => boolean): Check<number> {
  return (value, at) => {
    if (typeof value !== 'number') throw wrongType(at, expects, value);
    if (!fits(value)) throw outOfRange(at, expects, value);
    return value;
  };
}

/** A whole number, at least `least`; `Infinity` is one. */
export function wholeNumber(least: number): Check<number> {
  return numberThat(`a whole number of at least ${least}`, (n) => n >= least && (Number.isInteger(n) || n === Infinity));
}

/** A duration in milliseconds, 0 or more; `Infinity` is one. */
export const duration: Check<number> = numberThat('a duration in milliseconds, 0 or more', (ms) => ms >= 0);

/** A duration in milliseconds above 0; `Infinity` is one. */
export const positiveDuration: Check<number> = numberThat('a duration in milliseconds above 0', (ms) => ms > 0);

/** One of the given words. */
export function oneOf<T extends string>(...words: readonly T[]): Check<T> {
  return (value, at) => {
    if (!words.includes(value as T)) throw wrongType(at, words.map((word) => show(word)).join(' or '), value);
    return value as T;
  };
}

/** A function. */
export function functionOf<F>(expects: string): Check<F> {
  return (value, at) => {
    if (typeof value !== 'function') throw wrongType(at, expects, value);
    return value as F;
  };
}
