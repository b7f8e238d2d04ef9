/** A clock that stands still until a test moves it. Between two timers, everything that promises have to say is said. */
import type { Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  /** Milliseconds since the clock was made. */
  time = 0;
  /** What the wall clock shows at time 0. */
  wallStart = Date.UTC(2026, 0, 1);
  /** Draws: 0.5 unless a test says otherwise. */
  draw: () => number = () => 0.5;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.wallStart + this.time;
  }

  random(): number {
    return this.draw();
  }

  setTimer(callback: () => void, ms: number): unknown {
    const timer = { due: this.time + ms, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** How many timers are armed: 0 when nothing is under way. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Moves to `time` (milliseconds), firing what is due on the way, the older of equal ones first. */
  async to(time: number): Promise<void> {
    await flush();
    for (let next = this.#next(); next !== undefined && next.due <= time; next = this.#next()) {
      this.time = Math.max(this.time, next.due);
      this.#timers.delete(next);
      next.callback();
      await flush();
    }
    this.time = Math.max(this.time, time);
  }

  /** Moves on by `ms` milliseconds. */
  async advance(ms: number): Promise<void> {
    await this.to(this.time + ms);
  }

  /** Moves on until nothing is armed any more, at most to `limit`. */
  async drain(limit = 10_000_000): Promise<void> {
    await flush();
    for (let next = this.#next(); next !== undefined && next.due <= limit; next = this.#next()) await this.to(next.due);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  }
}

/** Lets promises say everything they have to say. */
export function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
