/**
 * Several limits as one: a call goes only when all of them admit it.
 * @module
 */
import type { Limit, Meter } from './limit.ts';

/** What a call takes of each limit, in their order. */
export type Costs = readonly number[];

/** What one call has taken, to be settled. */
export interface Taken {
  readonly costs: Costs;
  readonly parts: readonly (object | undefined)[];
}

/** The meters of one limiter. */
export class Meters {
  readonly #meters: readonly Meter[];

  constructor(limits: readonly Limit[]) {
    this.#meters = limits.map((limit) => limit['~start']());
  }

  /** From when on all of them admit a call; see {@link Meter.readyAt}. */
  readyAt(costs: Costs, ahead: Costs, now: number): number {
    return this.#meters.reduce((at, meter, i) => Math.max(at, meter.readyAt(costs[i] as number, ahead[i] as number, now)), now);
  }

  /** What a call adds to `ahead` for those behind it. */
  ahead(costs: Costs): Costs {
    return this.#meters.map((meter, i) => meter.ahead(costs[i] as number));
  }

  /** Takes of all of them. */
  take(costs: Costs, now: number): Taken {
    return { costs, parts: this.#meters.map((meter, i) => meter.take(costs[i] as number, now)) };
  }

  /** Settles what was taken with what was really used. Answers whether something was given back. */
  settle({ costs, parts }: Taken, used: Costs, now: number): boolean {
    let freed = false;
    for (const [i, meter] of this.#meters.entries()) {
      const more = (used[i] as number) - (costs[i] as number);
      meter.take(Math.max(0, more), now);
      meter.giveBack(parts[i], Math.max(0, -more), now);
      freed ||= more < 0;
    }
    return freed;
  }

  /** Whether nothing of what was taken matters any more. */
  idle(now: number): boolean {
    return this.#meters.every((meter) => meter.idle(now));
  }
}
