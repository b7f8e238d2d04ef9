/**
 * What retry's `delay` option accepts (a number, a backoff, a list, a function, a cockatiel backoff), checked and made
 * into one shape.
 * @module
 */
import { wrongType } from '../core/options.ts';
import { show } from '../core/text.ts';
import { constant, delayMs, exponential, linear } from './backoff.ts';
import { type Backoff, delayOf, isBackoff, jitterOf, nominalDelay } from './backoff-data.ts';
import { backoffData, backoffLabel } from './backoff-text.ts';
import { type CockatielBackoff, cockatielRule, isCockatielBackoff } from './cockatiel-backoff.ts';
import { checkedDelay, type DelayFunction, type DelayRule, keepsNothing } from './delay-contract.ts';
import { isIterable, listRule } from './delay-list.ts';
import type { Jitter } from './jitter.ts';

export type { CockatielBackoff } from './cockatiel-backoff.ts';
export type { DelayContext, DelayFunction, DelayRule, DelaySource } from './delay-contract.ts';

/**
 * The delay of a retry: milliseconds, a {@link Backoff}, a list that can be iterated anew for each call (its last delay
 * repeats), a function of what failed, or a backoff of cockatiel.
 */
export type Delay = number | Backoff | Iterable<number> | DelayFunction | CockatielBackoff;

/**
 * The rule that a `delay` option stands for; left out, it is {@link exponential} with its defaults.
 *
 * @param jitter - the retry's own `jitter`: for a backoff that has none, a number, a list. A function's and a cockatiel
 *   backoff's delays are taken as they are.
 * @throws TypeError when it is none of the kinds of {@link Delay}, or a list that can be iterated only once.
 * @throws RangeError when a number is NaN or negative, or an array empty.
 */
export function delayRule(value: unknown, jitter: Jitter | undefined, at: string): DelayRule {
  if (value === undefined) return backoffRule(exponential(), jitter);
  if (typeof value === 'number') {
    const ms = delayMs(value, at);
    return { ...backoffRule(constant(ms), jitter), waits: ms > 0, describe: ms };
  }
  if (isBackoffFactory(value)) throw new TypeError(`${at} must be a backoff, got ${show(value)}: call it`);
  if (typeof value === 'function') return functionRule(value as DelayFunction, at);
  if (isBackoff(value)) return backoffRule(value, jitter);
  if (isIterable(value)) return listRule(value, jitter ?? 'none', at);
  if (isCockatielBackoff(value)) return cockatielRule(value, at);
  throw wrongType(at, 'a number of milliseconds, a backoff such as exponential(), a list of delays or a function', value);
}

/** A backoff's factory handed over uncalled would pass for a delay function. */
function isBackoffFactory(value: unknown): value is typeof exponential {
  return value === constant || value === linear || value === exponential;
}

function backoffRule(backoff: Backoff, option: Jitter | undefined): DelayRule {
  const jitter = jitterOf(backoff, option);
  return {
    waits: true,
    label: backoffLabel(backoff, jitter),
    describe: backoffData(backoff, jitter),
    start: (random) => {
      let index = 0;
      let previous: number | undefined;
      let nominal = 0;
      return {
        get nominal() {
          return nominal;
        },
        next() {
          nominal = nominalDelay(backoff, index);
          previous = delayOf(backoff, index, previous, jitter, random);
          index += 1;
          return previous;
        },
        close: keepsNothing,
      };
    },
  };
}

function functionRule(delayFunction: DelayFunction, at: string): DelayRule {
  const label = 'a function';
  return {
    waits: true,
    label,
    describe: label,
    start: () => {
      let nominal = 0;
      const settle = (answer: unknown): number => (nominal = checkedDelay(answer, `${at}: what the function answers`));
      return {
        get nominal() {
          return nominal;
        },
        next(context) {
          const answer: unknown = delayFunction(context);
          return typeof answer === 'object' ? Promise.resolve(answer).then(settle) : settle(answer);
        },
        close: keepsNothing,
      };
    },
  };
}
