/** What an attempt does in a story: it fails, answers or hangs, and heeds its signal, or does not. Times are milliseconds. */
import type { Context } from '../../../src/index.ts';
import { hangs as hanging, latency, type ManualClock } from '../../../src/testing/index.ts';

export type Doing = (ctx: Context, clock: ManualClock) => Promise<unknown>;

/** Answers after `ms`, unless it is told to stop. */
export function answers(ms: number, value: unknown): Doing {
  return (ctx, clock) => latency(ms, () => value, { clock })(ctx);
}

/** Fails after `ms`, unless it is told to stop. */
export function fails(ms: number, error: Error = new Error('503')): Doing {
  return (ctx, clock) => latency(ms, () => { throw error; }, { clock })(ctx);
}

/** Does nothing until it is told to stop, and stops at once. */
export function hangs(): Doing {
  return hanging();
}

/** Answers after `ms`, whatever its signal says. */
export function ignoresItsSignal(ms: number, value: unknown): Doing {
  return (ctx, clock) => latency(ms, value, { clock, ignoresSignal: true })(ctx);
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
