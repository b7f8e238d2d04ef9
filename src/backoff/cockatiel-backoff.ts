/**
 * Delays from a backoff of the package cockatiel, 3.2.1 or 4.0.0: a factory whose `next()` answers the first delay,
 * which in turn has a `next()`.
 * @module
 */
import { checkedDelay, type DelayContext, type DelayRule, keepsNothing } from './delay-contract.ts';
import { isIterable } from './delay-list.ts';
import { peek } from './peek.ts';

/** A backoff factory of cockatiel, by its shape. */
export interface CockatielBackoff {
  /** Answers the first delay, in milliseconds, and what comes after it. */
  next(context: any): {
    /** The delay, in milliseconds. */
    readonly duration: number;
    /** Draws the delay after it. */
    next(context: any): any;
  };
}

/** Whether a value has the shape of a cockatiel backoff factory. What can be iterated is a list, or an iterator. */
export function isCockatielBackoff(value: unknown): value is CockatielBackoff {
  return typeof peek(value, 'next') === 'function' && !isIterable(value);
}

/** Draws the next delay of a chain, in milliseconds; the first call draws from the factory. */
export function cockatielChain(factory: CockatielBackoff, at: string): (context: unknown) => number {
  let link: CockatielBackoff = factory;
  return (context) => {
    const next = link.next(context);
    // Checked before it becomes the link, so that junk is told as such and not as a missing method.
    const delay = checkedDelay(next?.duration, `${at}: the duration that the cockatiel backoff gives`);
    link = next;
    return delay;
  };
}

/** The delay of a retry from a cockatiel backoff. It is taken as it is: jitter is the backoff's own affair. */
export function cockatielRule(factory: CockatielBackoff, at: string): DelayRule {
  const label = 'a cockatiel backoff';
  return {
    waits: true,
    label,
    describe: label,
    start: () => {
      const draw = cockatielChain(factory, at);
      let nominal = 0;
      return {
        get nominal() {
          return nominal;
        },
        next(context) {
          nominal = draw(retryContext(context));
          return nominal;
        },
        close: keepsNothing,
      };
    },
  };
}

/** The context as cockatiel's retry hands it to a backoff. The signal is read when the backoff reads it, not before. */
function retryContext(context: DelayContext): unknown {
  return {
    attempt: context.attempt,
    result: 'error' in context ? { error: context.error } : { value: context.value },
    get signal(): AbortSignal {
      return context.signal;
    },
  };
}
