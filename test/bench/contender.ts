/** What a contender tells of itself: how to make each shape, with nothing where it has none. */

/** A measured call: awaited, unless its case is synchronous. */
export type MeasuredCall = () => unknown;

/** A function under a timeout, with the caller's signal where the contender takes one. */
export type Limited = (fn: () => Promise<unknown>, signal?: AbortSignal) => Promise<unknown>;

/** One row of the tables. */
export interface Contender {
  readonly name: string;
  /** The folder of `node_modules` that it comes from; none where it is made here. */
  readonly folder?: string;
  /** The measured calls by the id of their case. Each is made anew for a run. */
  readonly calls: Readonly<Record<string, () => MeasuredCall>>;
  /** Calls under a timeout of so many milliseconds; `signal: false` where it cannot take the caller's signal. */
  readonly limit?: { readonly signal: boolean; readonly make: (ms: number) => Limited };
  /** How to make a breaker under a trip rule, by the id of its window. */
  readonly windows?: Readonly<Record<string, () => { wrap?: unknown; execute(fn: () => Promise<unknown>): Promise<unknown> }>>;
  /** How to make a breaker with its defaults, and to call through it. */
  readonly breaker?: { readonly make: () => object; readonly use: (held: any) => Promise<unknown> };
}

/** The function that is measured: it answers at once. */
export const answer = async (): Promise<number> => 1;

/** The same without a promise. Its sum with the last answer keeps the call from being dropped. */
export const answerSync = (): number => 1;

const down = new Error('down');

/** The function of the failure path. Its error is made once: what a stack costs is the function's own affair. */
export const fail = async (): Promise<never> => {
  throw down;
};

/** A time that nothing here reaches, in milliseconds. */
export const LONG = 3_600_000;
