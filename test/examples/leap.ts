/** A clock that runs like the host's and can leap ahead: what is over after minutes need not be waited for. */
import type { Clock } from 'breakwater';

export interface LeapingClock extends Clock {
  /** Moves it on by `ms` milliseconds. Timers that are armed notice nothing of it. */
  leap(ms: number): void;
}

export function leapingClock(): LeapingClock {
  let ahead = 0;
  return {
    now: () => performance.now() + ahead,
    wall: () => Date.now() + ahead,
    setTimer: (callback, ms) => setTimeout(callback, ms),
    clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    random: Math.random,
    leap(ms) {
      ahead += ms;
    },
  };
}
