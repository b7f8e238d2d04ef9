/** The service of a simulation: how it is, from when until when, and how long it takes to answer. */
import type { Clock, Context } from 'breakwater';
import { after, nothing } from '../../core/clock.ts';
import { duration, functionOf, numberThat, oneOf, optional, outOfRange, readOptions, type Check } from '../../core/options.ts';
import { pending } from '../functions.ts';

/** A time in which the service is not well. An attempt meets the service as it is in the moment in which it starts. */
export interface OutageOptions {
  /**
   * When it begins, in milliseconds.
   * @default 0
   */
  readonly from?: number | undefined;
  /**
   * When it is over, in milliseconds.
   * @default Infinity
   */
  readonly until?: number | undefined;
  /** `'hung'`: it never answers; `'failing'`: it answers with an error; `'slow'`: it answers well, but late. */
  readonly is: 'hung' | 'failing' | 'slow';
  /**
   * How long a service that is failing or slow takes to answer, in milliseconds.
   * @default what a healthy one takes, and ten times that where it is slow
   */
  readonly takes?: number | undefined;
  /**
   * The share of the attempts that meet it, from 0 to 1; the others are answered well.
   * @default 1
   */
  readonly ratio?: number | undefined;
  /**
   * Makes the error of a service that is failing, for the call that asks.
   * @default (call) => new Error(`the service is failing (call ${call})`)
   */
  readonly error?: ((call: number) => unknown) | undefined;
}

/** {@link OutageOptions}, checked. */
export interface Outage {
  readonly from: number;
  readonly until: number;
  readonly is: 'hung' | 'failing' | 'slow';
  readonly takes: number | undefined;
  readonly ratio: number;
  readonly error: (call: number) => unknown;
}

/** How long an attempt takes at a healthy service. */
export type Takes = number | ((attempt: number) => number);

/** The option `outage`: one, or several. */
export const outageOption: Check<readonly Outage[]> = (value, at) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map((one) => {
    const outage = readOptions<Outage>(at, one, {
      is: oneOf('hung', 'failing', 'slow'),
      from: optional(duration, 0),
      until: optional(duration, Infinity),
      takes: optional(duration, undefined),
      ratio: optional(numberThat('a number from 0 to 1', (ratio) => ratio >= 0 && ratio <= 1), 1),
      error: optional(functionOf('a function that makes an error'), (call: number) => new Error(`the service is failing (call ${call})`)),
    });
    if (outage.until < outage.from) throw outOfRange(`${at}: until`, `a time from ${outage.from} on, which is when it begins`, outage.until);
    return outage;
  });
};

/** The option `takes`. */
export const takesOption: Check<Takes> = (value, at) => (typeof value === 'function' ? (value as Takes) : duration(value, at));

/** The service, and what it saw. */
export class Service {
  /** When attempts reached it. */
  readonly arrivals: number[] = [];
  /** How many attempts were under way from when on. */
  readonly pending: { readonly at: number; readonly count: number }[] = [{ at: 0, count: 0 }];
  /** The most that were under way at once. */
  peak = 0;
  /** How many timers it has armed. */
  timers = 0;
  readonly #clock: Clock;
  readonly #takes: Takes;
  readonly #outages: readonly Outage[];
  readonly #deaf: boolean;
  #count = 0;

  constructor(clock: Clock, takes: Takes, outages: readonly Outage[], ignoresSignal: boolean) {
    this.#clock = clock;
    this.#takes = takes;
    this.#outages = outages;
    this.#deaf = ignoresSignal;
  }

  /** Whether an attempt that starts at that time meets an outage. */
  outageAt(time: number): Outage | undefined {
    return this.#outages.find(({ from, until }) => from <= time && time < until);
  }

  /** One attempt of a call; it counts as under way until it is answered or hung up on. */
  answer({ signal }: Context, call: number): Promise<unknown> {
    const now = this.#clock.now();
    this.arrivals.push(now);
    const healthy = typeof this.#takes === 'function' ? this.#takes(this.arrivals.length) : this.#takes;
    const outage = this.outageAt(now);
    const met = outage === undefined || (outage.ratio < 1 && this.#clock.random() >= outage.ratio) ? undefined : outage;
    this.#change(1);
    return pending(
      this.#deaf ? undefined : signal,
      (resolve, reject) => {
        if (met?.is === 'hung') return nothing;
        const takes = met === undefined ? healthy : (met.takes ?? (met.is === 'slow' ? 10 * healthy : healthy));
        return this.#after(takes, () => (met?.is === 'failing' ? reject(met.error(call)) : resolve('answer')));
      },
      () => this.#change(-1),
    );
  }

  #after(ms: number, callback: () => void): () => void {
    this.timers += 1;
    const disarm = after(this.#clock, ms, () => {
      this.timers -= 1;
      callback();
    });
    return () => {
      this.timers -= 1;
      disarm();
    };
  }

  #change(by: 1 | -1): void {
    this.#count += by;
    this.peak = Math.max(this.peak, this.#count);
    this.pending.push({ at: this.#clock.now(), count: this.#count });
  }
}
