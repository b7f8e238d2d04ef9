/**
 * A world for whole outages in virtual time: an endpoint with its bad hours, tasks that call it, and a record of what
 * happened. Times are milliseconds on the world's clock.
 * @module
 */
import type { Context } from '../../src/core/attempt.ts';
import { VirtualClock } from './virtual-clock.ts';

/** `hung` never answers; `fast-fail` answers with {@link Overloaded} after `failsAfter`; `healthy` with the task's number. */
export type Health = 'hung' | 'fast-fail' | 'healthy';

export interface Frame {
  /** The bad hours; the endpoint is healthy outside of them. A call has the health of the moment in which it starts. */
  readonly outages?: readonly { readonly is: Health; readonly from: number; readonly until: number }[];
  /** How long a healthy call takes. */
  readonly takes?: number;
  /** How long a fast failure takes. */
  readonly failsAfter?: number;
}

/** What an overloaded endpoint answers. */
export class Overloaded extends Error {
  readonly status = 529;
  readonly task: number;

  constructor(task: number) {
    super(`overloaded (task ${task})`);
    this.task = task;
  }
}

/** What became of a task, and when. */
export interface Settled {
  readonly task: number;
  readonly at: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

export class World {
  readonly clock: VirtualClock;
  /** Every call that reached the endpoint. */
  readonly calls: { readonly task: number; readonly at: number; readonly attempt: number }[] = [];
  /** Every task that is over, in the order in which they ended. */
  readonly settled: Settled[] = [];
  /** The most calls that were under way at once. */
  peak = 0;
  #pending = 0;
  #tasks = 0;
  readonly #frame: Required<Frame>;

  constructor(frame: Frame = {}, clock: VirtualClock = new VirtualClock()) {
    this.#frame = { outages: [], takes: 5_000, failsAfter: 1_000, ...frame };
    this.clock = clock;
  }

  /** The endpoint; it hears when it is aborted, so that what is pending is what a server would see. */
  readonly request = (ctx: Context, task: number): Promise<number> => {
    const at = this.clock.time;
    this.calls.push({ task, at, attempt: ctx.attempt });
    this.peak = Math.max(this.peak, (this.#pending += 1));
    const health = this.#frame.outages.find(({ from, until }) => from <= at && at < until)?.is ?? 'healthy';
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#pending -= 1;
        this.clock.clearTimer(timer);
        ctx.signal.removeEventListener('abort', aborted);
      };
      const aborted = (): void => (end(), reject(ctx.signal.reason));
      const timer =
        health === 'healthy'
          ? this.clock.setTimer(() => (end(), resolve(task)), this.#frame.takes)
          : health === 'fast-fail'
            ? this.clock.setTimer(() => (end(), reject(new Overloaded(task))), this.#frame.failsAfter)
            : undefined;
      ctx.signal.addEventListener('abort', aborted);
    });
  };

  /** Calls that are under way at the endpoint. */
  get pending(): number {
    return this.#pending;
  }

  /** Starts `count` tasks now, or one after another, and answers the last one's end. */
  start(count: number, run: (task: number) => unknown, every = 0): void {
    for (let i = 0; i < count; i += 1) {
      const task = this.#tasks++;
      if (i * every === 0) void this.#run(task, run);
      else this.clock.setTimer(() => void this.#run(task, run), i * every);
    }
  }

  /** Starts one task at a time. */
  startAt(at: number, run: (task: number) => unknown): void {
    const task = this.#tasks++;
    this.clock.setTimer(() => void this.#run(task, run), at - this.clock.time);
  }

  async #run(task: number, run: (task: number) => unknown): Promise<void> {
    try {
      const value = await run(task);
      this.settled.push({ task, at: this.clock.time, value });
    } catch (error) {
      this.settled.push({ task, at: this.clock.time, error });
    }
  }

  /** The times at which tasks ended, each once. */
  get endings(): number[] {
    return [...new Set(this.settled.map(({ at }) => at))];
  }

  get errors(): unknown[] {
    return this.settled.filter((one) => 'error' in one).map(({ error }) => error);
  }

  get done(): number {
    return this.settled.filter((one) => 'value' in one).length;
  }

  callsAt(at: number): number {
    return this.calls.filter((call) => call.at === at).length;
  }
}

/** Seconds as milliseconds: scenarios are told in seconds. */
export const s = (seconds: number): number => Math.round(seconds * 1_000);
