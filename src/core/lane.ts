/**
 * Lanes: attempts with the same time limit wait behind each other, first in first out, for one timer of the host. A timer
 * for each of them would be most of what a timeout costs. It is not to be seen: a lane is used only on the host's own clock,
 * nobody is ended earlier than by a timer of the host's own, and what listens to a signal hears of it in an async context of
 * its own call.
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
const now: (() => number) | undefined = globalThis.performance?.now.bind(globalThis.performance);

/**
 * Whether a timer may serve several calls here: in Node and its like. In a page there is no need; in a worker of
 * Cloudflare's a timer belongs to the request that set it, and ends with it.
 */
const shared: boolean = canShare(globalThis);

function canShare({ process = {}, navigator = {} }: Looks): boolean {
  const { versions = {} } = process;
  return versions.node !== undefined && navigator.userAgent !== 'Cloudflare-Workers';
}

/** What a host can be told by. */
interface Looks {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly userAgent?: string };
}

const lanes = new Map<number, Lane>();

/**
 * The lane for a limit of `ms` milliseconds; `undefined` where each attempt needs a timer of its own. `lasting`: it is
 * worth keeping while nobody is in it.
 */
export function laneFor(clock: Clock, ms: number, lasting: boolean): Lane | undefined {
  if (!shared || globalThis.setTimeout !== setTimeout || clock !== hostClock || ms > MAX_TIMER) return undefined;
  if (now === undefined) return undefined;
  let lane = lanes.get(ms);
  if (lane === undefined) lanes.set(ms, (lane = new Lane(ms, now)));
  if (lasting) lane.lasting = true;
  return lane;
}

/** Those who have the same limit, in the order in which they came, which is the order in which their time is over. */
export class Lane {
  readonly ms: number;
  readonly now: () => number;
  first: Seat | undefined = undefined;
  last: Seat | undefined = undefined;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** The time for which the timer is set. */
  until = 0;
  lasting = false;

  constructor(ms: number, now: () => number) {
    this.ms = ms;
    this.now = now;
  }

  join(seat: Seat): void {
    seat.lane = this;
    seat.due = this.now() + this.ms;
    seat.ahead = this.last;
    if (this.last !== undefined) this.last.behind = seat;
    this.last = seat;
    if (this.first !== undefined) return;
    this.first = seat;
    if (this.timer === undefined) this.#arm(seat.due, Math.ceil(this.ms));
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

  #arm(until: number, ms: number): void {
    this.until = until;
    this.timer = setTimeout(() => this.#ring(), ms);
  }

  /**
   * Nobody is left. A lane that is worth keeping keeps its timer, but no process alive by it. Another one is given up, as
   * is each where timers are numbers, which cannot let a process go.
   */
  #rest(): void {
    const timer: { unref?(): unknown } | undefined = this.timer;
    if (this.lasting && timer?.unref !== undefined) return void timer.unref();
    clearTimeout(this.timer);
    this.timer = undefined;
    lanes.delete(this.ms);
  }

  /** Ends those whose time is over. The timer was set for one who may have left: then it is set again for the first. */
  #ring(): void {
    this.timer = undefined;
    // A timer may be early by a fraction: what it was set for is over all the same, as for one who has it alone.
    const time = Math.max(this.now(), this.until);
    try {
      for (let seat = this.first; seat !== undefined && seat.due <= time; seat = this.first) {
        this.leave(seat);
        seat.expire();
      }
    } finally {
      // Also where one of them threw: the others wait for it.
      if (this.first === undefined) lanes.delete(this.ms);
      else if (this.timer === undefined) this.#arm(this.first.due, this.first.due - this.now());
    }
  }
}
