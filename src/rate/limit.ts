/**
 * What a rate limit is made of. A limit is plain data that starts a fresh {@link Meter} for each limiter, so that one can be
 * given to many; what was taken lives in the meter. Time is an argument everywhere in this folder.
 * @module
 */
import { functionOf, numberThat, optional, wrongType, type Checks } from '../core/options.ts';

/** What one limit keeps of the calls that went: pure, and never asked for a time before the last one. */
export interface Meter {
  /**
   * From when on a call of this cost may go, if nothing else is taken before but `ahead`; `now` where it may at once.
   * With `ahead` it is the earliest that it can be: what those ahead cost may not fit as tightly as its sum.
   */
  readyAt(cost: number, ahead: number, now: number): number;
  /** What a call of this cost adds to `ahead` for those behind it. */
  ahead(cost: number): number;
  /** Takes it, be it more than there is: then what comes after waits longer. Answers what it is given back by. */
  take(cost: number, now: number): object | undefined;
  /** Gives a part of something taken back, or all of it. */
  giveBack(taken: object | undefined, amount: number, now: number): void;
  /** Whether nothing of what was taken matters any more. */
  idle(now: number): boolean;
}

/** A limit: what {@link tokenBucket} and {@link slidingWindow} answer, and what the option `limit` of {@link rateLimit} takes. */
export interface Limit {
  /** The limit in a few words, as `describe()` shows it: `10 per 1 s`. */
  readonly label: string;
  /** Its options as `describe()` shows them: plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  /** @internal What a call takes; see {@link LimitOptions.cost}. */
  readonly '~cost': CostFunction | undefined;
  /** @internal What it really used; see {@link LimitOptions.used}. */
  readonly '~used': UsedFunction | undefined;
  /** @internal Begins to count for one limiter. */
  readonly '~start': () => Meter;
}

/** What a call takes of a limit, told by its arguments. */
export type CostFunction = (...args: any[]) => number;

/** What a call has really used, told by its value and its arguments; `undefined` where it is not known. */
export type UsedFunction = (value: any, ...args: any[]) => number | undefined;

/** What every limit can be told. */
export interface LimitOptions {
  /** How much may be taken per `per`: a number above 0. */
  readonly limit: number;
  /** The time that `limit` is meant for, in milliseconds above 0. */
  readonly per: number;
  /**
   * What a call takes of the limit, asked with the call's own arguments before each attempt: a number, 0 or more. An
   * estimate will do, where `used` tells it right afterwards.
   * @default 1 a call
   */
  readonly cost?: CostFunction | undefined;
  /**
   * What an attempt has really used, asked with its value and the call's own arguments when it has answered. The difference
   * to the cost is given back, or taken on top. `undefined`: the cost stands, as it does for an attempt that failed.
   * @default the cost
   */
  readonly used?: UsedFunction | undefined;
}

/** {@link LimitOptions}, checked. */
export interface LimitSettings {
  readonly limit: number;
  readonly per: number;
  readonly cost: CostFunction | undefined;
  readonly used: UsedFunction | undefined;
}

/** A number above 0 that has an end. */
export const amount: (expects: string) => ReturnType<typeof numberThat> = (expects) =>
  numberThat(expects, (n) => n > 0 && n < Infinity);

/** The checks of {@link LimitOptions}. */
export const limitChecks: Checks<LimitSettings> = {
  limit: /* @__PURE__ */ amount('a finite number above 0'),
  per: /* @__PURE__ */ amount('a finite duration in milliseconds above 0'),
  cost: /* @__PURE__ */ optional(
    /* @__PURE__ */ functionOf("a function of the call's arguments that answers its cost"),
    undefined,
  ),
  used: /* @__PURE__ */ optional(
    /* @__PURE__ */ functionOf("a function of the value and the call's arguments that answers what was used"),
    undefined,
  ),
};

/**
 * The check of the option `limit`: one limit, or several that have to admit a call together.
 *
 * @throws TypeError when it is something else; RangeError when it is an empty list.
 */
export function limitsOption(value: unknown, at: string): readonly Limit[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new RangeError(`${at} must name at least one limit, got an array of 0`);
  return list.map((one, i) => {
    if (isLimit(one)) return one;
    throw wrongType(Array.isArray(value) ? `${at}[${i}]` : at, EXPECTS, one);
  });
}

const EXPECTS = 'a limit made by tokenBucket({ limit, per }) or slidingWindow({ limit, per }), or a list of these';

/** Whether a value is a limit, made by any copy of this package. */
export function isLimit(value: unknown): value is Limit {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Limit>)['~start'] === 'function';
}
