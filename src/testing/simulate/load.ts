/** Who calls in a simulation, and when. */
import { duration, numberThat, optional, readOptions, wholeNumber, wrongType, type Check } from '../../core/options.ts';
import type { ManualClock } from '../manual-clock.ts';

/** Workers that take one job after the other, whatever comes of it: a batch. */
export interface WorkersOptions {
  /** How many there are. */
  readonly workers: number;
  /** How many jobs there are for all of them together; each is one call. */
  readonly calls: number;
  /**
   * When they begin, in milliseconds.
   * @default 0
   */
  readonly from?: number | undefined;
}

/** Calls that come one after the other, however long they take. */
export interface CallsOptions {
  /** How many there are. */
  readonly calls: number;
  /**
   * The time from one to the next, in milliseconds.
   * @default 0
   */
  readonly every?: number | undefined;
  /**
   * When the first comes, in milliseconds.
   * @default 0
   */
  readonly from?: number | undefined;
}

/** Requests that come at an even rate: a server's traffic. */
export interface RateOptions {
  /** How many come in a second of the simulation, not in milliseconds; fractions are fine. */
  readonly perSecond: number;
  /** For how long they come, in milliseconds. */
  readonly for: number;
  /**
   * When the first comes, in milliseconds.
   * @default 0
   */
  readonly from?: number | undefined;
}

/** Who calls, and when. */
export type Load = WorkersOptions | CallsOptions | RateOptions;

/** How a load calls: `run` runs the next call, and resolves when it has ended. */
export interface Calling {
  readonly calls: number;
  begin(clock: ManualClock, run: () => Promise<void>): void;
}

const positive = numberThat('a number above 0, with an end', (n) => n > 0 && n < Infinity);
const finite = numberThat('a duration in milliseconds, 0 or more, with an end', (ms) => ms >= 0 && ms < Infinity);
const from = optional(finite, 0);
const count: Check<number> = (value, at) => numberThat('a whole number of at least 1, with an end', Number.isFinite)(wholeNumber(1)(value, at), at);

/** The option `load`: one, or several. */
export const loadOption: Check<readonly Calling[]> = (value, at) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw wrongType(at, 'a load, or a list of at least one', value);
  return list.map((one) => calling(one, at));
};

function calling(given: unknown, at: string): Calling {
  const has = (name: string): boolean => Object.hasOwn(Object(given) as object, name);
  if (has('workers')) return working(readOptions<{ workers: number; calls: number; from: number }>(at, given, { workers: count, calls: count, from }));
  if (has('perSecond')) {
    const rate = readOptions<{ perSecond: number; for: number; from: number }>(at, given, { perSecond: positive, for: finite, from });
    const calls = Math.ceil((rate.perSecond * rate.for) / 1_000);
    return arriving(calls, rate.from, (i) => (i * 1_000) / rate.perSecond);
  }
  if (!has('calls')) throw wrongType(at, 'a load, such as { workers: 40, calls: 400 } or { perSecond: 50, for: 60_000 }', given);
  const { calls, every, from: first } = readOptions<{ calls: number; every: number; from: number }>(at, given, {
    calls: count,
    every: optional(duration, 0),
    from,
  });
  return arriving(calls, first, (i) => i * every);
}

function working({ workers, calls, from: at }: { readonly workers: number; readonly calls: number; readonly from: number }): Calling {
  return {
    calls,
    begin: (clock, run) => {
      let left = calls;
      const work = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await run();
        }
      };
      clock.setTimer(() => {
        for (let i = 0; i < workers; i += 1) void work();
      }, at);
    },
  };
}

function arriving(calls: number, first: number, after: (i: number) => number): Calling {
  return {
    calls,
    begin: (clock, run) => {
      let i = 0;
      const arrive = (): void => {
        while (i < calls && first + after(i) <= clock.time) {
          i += 1;
          void run();
        }
        if (i < calls) clock.setTimer(arrive, first + after(i) - clock.time);
      };
      clock.setTimer(arrive, first);
    },
  };
}
