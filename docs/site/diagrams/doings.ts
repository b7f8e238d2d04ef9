/** What an attempt does in a story: it fails, answers or hangs, and heeds its signal, or does not. Times are milliseconds. */
import type { Context } from '../../../src/index.ts';
import type { VirtualClock } from '../../../test/helpers/virtual-clock.ts';

export type Doing = (ctx: Context, clock: VirtualClock) => Promise<unknown>;

/** Answers after `ms`, unless it is told to stop. */
export function answers(ms: number, value: unknown): Doing {
  return (ctx, clock) => heeding(ctx, clock, ms, (resolve) => resolve(value));
}

/** Fails after `ms`, unless it is told to stop. */
export function fails(ms: number, error: Error = new Error('503')): Doing {
  return (ctx, clock) => heeding(ctx, clock, ms, (_, reject) => reject(error));
}

/** Does nothing until it is told to stop, and stops at once. */
export function hangs(): Doing {
  return (ctx, clock) => heeding(ctx, clock, undefined, () => {});
}

/** Answers after `ms`, whatever its signal says. */
export function ignoresItsSignal(ms: number, value: unknown): Doing {
  return (_, clock) => new Promise((resolve) => clock.setTimer(() => resolve(value), ms));
}

/** Does nothing until it is told to stop, and then needs `ms` to put things away. */
export function cleansUp(ms: number): Doing {
  return ({ signal }, clock) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => clock.setTimer(() => reject(signal.reason), ms));
    });
}

/** A service that is down from one time to another: it fails or answers after `ms`, by the time at which it is called. */
export function service(down: { readonly from: number; readonly to: number }, ms: number, value: unknown): Doing {
  return (ctx, clock) => (clock.time >= down.from && clock.time < down.to ? fails(ms) : answers(ms, value))(ctx, clock);
}

type Settle = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void;

function heeding({ signal }: Context, clock: VirtualClock, ms: number | undefined, settle: Settle): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = ms === undefined ? undefined : clock.setTimer(() => settle(resolve, reject), ms);
    signal.addEventListener('abort', () => {
      clock.clearTimer(timer);
      reject(signal.reason);
    });
  });
}
