/** The window of the last so many outcomes. */
import { numberThat } from '../../core/options.ts';
import type { Tally, TripWindow } from './window.ts';

/** The most outcomes that a window holds: 125 MB. */
const MOST = 1_000_000_000;

const size = /* @__PURE__ */ numberThat('a whole number from 1 to 1_000_000_000', (n) => n >= 1 && n <= MOST && Number.isInteger(n));

/**
 * The last `calls` outcomes, however old they are. It reads no clock, and its verdict does not depend on how busy the
 * service is: the right window where traffic comes and goes. What it has seen it keeps until as many newer outcomes have
 * come; where yesterday should not count today, take {@link lastMs}.
 *
 * Each outcome takes the same short time, whatever the size, and allocates nothing. The window is one bit an outcome,
 * `calls / 8` bytes (100 outcomes: 13 bytes; 100,000: 12.5 kB), which each circuit allocates with its first outcome.
 *
 * @param calls - how many outcomes it holds: a whole number from 1 to 1_000_000_000.
 * @throws TypeError when `calls` is not a number.
 * @throws RangeError when it is not whole, or out of that range.
 *
 * @example
 * ```ts
 * import { breaker, failureRatio, lastCalls } from 'breakwater';
 *
 * const circuit = breaker({ trip: failureRatio({ ratio: 0.4, window: lastCalls(5), minimumCalls: 5 }) });
 * for (const well of [true, false, true, false, true]) {
 *   await circuit.execute(() => (well ? 'an answer' : Promise.reject(new Error('down')))).catch(() => {});
 * }
 * circuit.state // => 'open'
 * ```
 */
export function lastCalls(calls: number): TripWindow {
  const holds = size(calls, 'lastCalls: calls');
  return Object.freeze({
    label: `last ${holds} calls`,
    '~holds': holds,
    '~of': (minimum: number) => `the last ${minimum === holds ? '' : `${minimum} to `}${holds} calls`,
    '~open': () => new LastCalls(holds),
  });
}

/** A ring of bits, one an outcome: set where it was bad. */
class LastCalls implements Tally {
  total = 0;
  bad = 0;
  readonly #holds: number;
  #bits: Uint8Array | undefined = undefined;
  /** Where the next outcome goes: when the ring is full, in the place of the oldest. */
  #next = 0;

  constructor(holds: number) {
    this.#holds = holds;
  }

  record(bad: boolean): void {
    const bits = (this.#bits ??= new Uint8Array(Math.ceil(this.#holds / 8)));
    const byte = this.#next >>> 3;
    const bit = 1 << (this.#next & 7);
    const before = bits[byte]!;
    if (this.total < this.#holds) this.total += 1;
    else if ((before & bit) !== 0) this.bad -= 1;
    bits[byte] = bad ? before | bit : before & ~bit;
    if (bad) this.bad += 1;
    this.#next = (this.#next + 1) % this.#holds;
  }

  /** What stands in the ring is written over before it is read again. */
  reset(): void {
    this.total = this.bad = this.#next = 0;
  }
}
