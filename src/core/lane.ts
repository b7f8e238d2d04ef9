/**
 * Lanes: attempts with the same time limit wait behind each other, first in first out, for one timer of the host. A timer
 * for each of them would be most of what a timeout costs. Nobody can tell the difference: a lane is used only on the
 * host's own clock, an attempt is never ended early, and what runs in it then runs in its caller's async context.
 * @module
 */
import { hostClock, MAX_TIMER, type Clock } from './clock.ts';

/** Something that waits in a lane, between its neighbours. */
export interface Seat {
  /** The lane it is in; `undefined` when it is in none. */
  lane: Lane | undefined;
  /** When its time is over, on the clock of the lanes. */
  due: number;
  ahead: Seat | undefined;
  behind: Seat | undefined;
  /** Called when its time is over; it has left the lane by then. */
  expire(): void;
}

// As they are when this is loaded: fake timers that are put in their place later are to see a timer for each attempt.
const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
const clearTimeout = globalThis.clearTimeout;
const now: () => number = globalThis.performance.now.bind(globalThis.performance);

const lanes = new Map<number, Lane>();

/** The lane for a limit of `ms` milliseconds; `undefined` where each attempt needs a timer of its own. */
export function laneFor(clock: Clock, ms: number): Lane | undefined {
  if (globalThis.setTimeout !== setTimeout || clock !== hostClock || ms > MAX_TIMER) return undefined;
  let lane = lanes.get(ms);
  if (lane === undefined) lanes.set(ms, (lane = new Lane(ms)));
  return lane;
}

/** Those who have the same limit, in the order in which they came, which is the order in which their time is over. */
export class Lane {
  readonly ms: number;
  first: Seat | undefined = undefined;
  last: Seat | undefined = undefined;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(ms: number) {
    this.ms = ms;
  }

  join(seat: Seat): void {
    seat.lane = this;
    seat.due = Math.ceil(now()) + this.ms;
    seat.ahead = this.last;
    if (this.last !== undefined) this.last.behind = seat;
    this.last = seat;
    if (this.first !== undefined) return;
    this.first = seat;
    if (this.timer === undefined) this.#arm(this.ms);
    else this.timer.ref();
  }

  leave(seat: Seat): void {
    const { ahead, behind } = seat;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.last = ahead;
    else behind.ahead = ahead;
    seat.lane = seat.ahead = seat.behind = undefined;
    if (this.first === undefined) this.#rest();
  }

  #arm(ms: number): void {
    this.timer = setTimeout(() => this.#ring(), Math.ceil(ms));
  }

  /** Nobody is left: what remains of the timer keeps no process alive. A host that cannot do that gets its timer back. */
  #rest(): void {
    const timer: unknown = this.timer;
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) return void this.timer?.unref();
    clearTimeout(this.timer);
    this.timer = undefined;
    lanes.delete(this.ms);
  }

  /** Ends those whose time is over. The timer was set for one who may have left: then it is set again for the first. */
  #ring(): void {
    this.timer = undefined;
    const time = now();
    try {
      for (let seat = this.first; seat !== undefined && seat.due <= time; seat = this.first) {
        this.leave(seat);
        seat.expire();
      }
    } finally {
      // Also where one of them threw: the others wait for it.
      if (this.first === undefined) lanes.delete(this.ms);
      else if (this.timer === undefined) this.#arm(this.first.due - time);
    }
  }
}
