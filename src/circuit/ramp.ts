/**
 * How calls that were held are let go when a circuit closes: in groups that grow, so that a service that has just come back
 * is not run over. Pure: time is an argument.
 * @module
 */
import { numberThat, positiveDuration, optional, readOptions, wholeNumber } from '../core/options.ts';

/** How calls that were held are let go when the circuit closes: in groups, each larger than the one before. */
export interface RampOptions {
  /**
   * How many are let go at once at first: a whole number, at least 1.
   * @default 1
   */
  readonly start?: number | undefined;
  /** The time from one group to the next, in milliseconds, above 0. */
  readonly every: number;
  /**
   * How many times as large each group is as the one before, at least 1. `1` is a steady rate.
   * @default 2
   */
  readonly factor?: number | undefined;
}

/** {@link RampOptions}, checked. */
export interface RampSettings {
  readonly start: number;
  readonly every: number;
  readonly factor: number;
}

/**
 * The check of the option `ramp`.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function rampOption(value: unknown, at: string): RampSettings {
  return readOptions<RampSettings>(at, value, {
    start: optional(wholeNumber(1), 1),
    every: positiveDuration,
    factor: optional(numberThat('a number of at least 1', (n) => n >= 1), 2),
  });
}

/** One ramp at work: it begins with the first call that it lets go. */
export class Ramp {
  readonly #settings: RampSettings;
  /** The size of the group of now, before it is rounded down. */
  #size: number;
  /** How many of it may still go. */
  #left: number;
  /** When the next group begins. */
  #next: number;

  constructor(settings: RampSettings, now: number) {
    this.#settings = settings;
    this.#size = settings.start;
    this.#left = settings.start;
    this.#next = now + settings.every;
  }

  /** How long the next call has to wait, in milliseconds; 0 where it may go now. */
  wait(now: number): number {
    const { every, factor } = this.#settings;
    const groups = Math.floor((now - this.#next) / every) + 1;
    if (groups > 0) {
      this.#size *= factor ** groups;
      this.#left = Math.floor(this.#size);
      this.#next += groups * every;
    }
    return this.#left > 0 ? 0 : this.#next - now;
  }

  /** One call goes. */
  let(): void {
    this.#left -= 1;
  }
}
