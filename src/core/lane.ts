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

/** A timer of the host's own may fire early by less than this, in milliseconds: so may one that is shared. */
const EARLY = 1;

const lanes = new Map<number, Lane>();

/**
 * The lane for a limit of `ms` milliseconds; `undefined` where each attempt needs a timer of its own. `lasting`: it is
 * worth keeping while nobody is in it.
 */
export function laneFor(clock: Clock, ms: number, lasting: boolean): Lane | undefined {
  if (globalThis.setTimeout !== setTimeout || clock !== hostClock || ms > MAX_TIMER) return undefined;
  let lane = lanes.get(ms);
  if (lane === undefined) lanes.set(ms, (lane = new Lane(ms)));
  if (lasting) lane.lasting = true;
  return lane;
}

/** Those who have the same limit, in the order in which they came, which is the order in which their time is over. */
export class Lane {
  readonly ms: number;
  first: Seat | undefined = undefined;
  last: Seat | undefined = undefined;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;
  lasting = false;

  constructor(ms: number) {
    this.ms = ms;
  }

  join(seat: Seat): void {
    seat.lane = this;
    seat.due = now() + this.ms;
    seat.ahead = this.last;
    if (this.last !== undefined) this.last.behind = seat;
    this.last = seat;
    if (this.first !== undefined) return;
    this.first = seat;
    if (this.timer === undefined) this.#arm(Math.ceil(this.ms));
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
    this.timer = setTimeout(() => this.#ring(), ms);
  }

  /**
   * Nobody is left. A lane that is worth keeping keeps its timer, but no process alive by it; another one is given up, as
   * on a host whose timers cannot let a process go.
   */
  #rest(): void {
    const { timer } = this;
    if (this.lasting && typeof timer === 'object' && 'unref' in timer) return void timer.unref();
    clearTimeout(timer);
    this.timer = undefined;
    lanes.delete(this.ms);
  }

  /** Ends those whose time is over. The timer was set for one who may have left: then it is set again for the first. */
  #ring(): void {
    this.timer = undefined;
    const time = now();
    try {
      for (let seat = this.first; seat !== undefined && seat.due - time < EARLY; seat = this.first) {
        this.leave(seat);
        seat.expire();
      }
    } finally {
      // Also where one of them threw: the others wait for it.
      if (this.first === undefined) lanes.delete(this.ms);
      else if (this.timer === undefined) this.#arm(Math.floor(this.first.due - time));
    }
  }
}
