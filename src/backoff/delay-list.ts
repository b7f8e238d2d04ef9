/**
 * Delays from a list: an array, or anything else that can be iterated anew for each call.
 * @module
 */
import { DEFAULT_MAX } from './backoff-data.ts';
import { withJitter } from './backoff-text.ts';
import { checkedDelay, type DelayRule } from './delay-contract.ts';
import { type Jitter, jittered } from './jitter.ts';
import { peek } from './peek.ts';

/** Whether a value can be iterated; a string, which also can, is no list. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof peek(value, Symbol.iterator) === 'function';
}

/**
 * The delay of a retry from a list. An array is checked and copied here; any other iterable gives its delays when they
 * are wanted, and one that turns out to be empty is an error then: no delay at all would be a hot loop.
 *
 * @throws TypeError when it can be iterated only once, as a generator object, or an entry of an array is not a number.
 * @throws RangeError when it is an array with nothing in it, or an entry of an array is NaN, negative or infinite.
 */
export function listRule(list: Iterable<unknown>, jitter: Jitter, at: string): DelayRule {
  const delays = Array.isArray(list) ? Array.from(list, (delay, i) => checkedDelay(delay, `${at}[${i}]`)) : list;
  if (Array.isArray(delays) && delays.length === 0) throw empty(at);
  // Whatever iterates itself has a next(); the lists that have none are not begun just to find out.
  if (typeof peek(delays, 'next') === 'function' && delays[Symbol.iterator]() === delays) {
    throw new TypeError(
      `${at} must be a list that can be iterated anew for each call, as an array; got one that can be iterated only ` +
        'once, as a generator object is: give { [Symbol.iterator]: generatorFunction } instead',
    );
  }
  const label = withJitter('a list of delays', jitter);
  return { waits: true, label, describe: label, start: (random) => new ListSource(delays, jitter, at, random) };
}

function empty(at: string): RangeError {
  return new RangeError(`${at} must be a list of at least one delay, got an empty one`);
}

/** The delays of one call. When the list runs out, its last delay repeats. */
class ListSource {
  nominal = 0;
  readonly #list: Iterable<unknown>;
  readonly #jitter: Jitter;
  readonly #at: string;
  readonly #random: () => number;
  /** `undefined` before the list was begun, `null` once it has ended or was let go. */
  #iterator: Iterator<unknown> | null | undefined;
  #drawn = false;
  #previous: number | undefined;

  constructor(list: Iterable<unknown>, jitter: Jitter, at: string, random: () => number) {
    this.#list = list;
    this.#jitter = jitter;
    this.#at = at;
    this.#random = random;
  }

  next(): number {
    this.#advance();
    const first = this.nominal;
    const bounds = { first, max: Math.max(first, DEFAULT_MAX), previous: this.#previous };
    this.#previous = jittered(first, this.#jitter, bounds, this.#random);
    return this.#previous;
  }

  close(): void {
    const iterator = this.#iterator;
    this.#iterator = null;
    try {
      iterator!.return!();
    } catch {
      // Not begun, ended, nothing to clean up, or it failed to: the call has its outcome, and nothing here changes it.
    }
  }

  /** Moves to the next delay of the list, or stays at the last. */
  #advance(): void {
    if (this.#iterator !== null) {
      this.#iterator ??= this.#list[Symbol.iterator]();
      const step = this.#iterator.next();
      if (step.done !== true) {
        this.nominal = checkedDelay(step.value, `${this.#at}: a delay of the list`);
        this.#drawn = true;
        return;
      }
      this.#iterator = null;
    }
    if (!this.#drawn) throw empty(this.#at);
  }
}
