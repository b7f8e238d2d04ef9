/** The host's timers, counted. */

/** What was counted since the counting began. */
export interface Timers {
  /** How many were set. */
  made(): number;
  /** How many are set and have neither fired nor been called off; also those that keep no process alive. */
  armed(): number;
  /** Gives the host its own functions back. */
  stop(): void;
}

/** Counts from now on, in place of the host's own functions; they are still called. */
export function countTimers(): Timers {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const armed = new Set<unknown>();
  let made = 0;
  type Host = (callback: () => void, ...rest: unknown[]) => unknown;
  const counted = (host: Host, once: boolean) => (callback: () => void, ...rest: unknown[]): unknown => {
    const timer = host(() => {
      if (once) armed.delete(timer);
      callback();
    }, ...rest);
    armed.add(timer);
    made += 1;
    return timer;
  };
  const clearing = (host: (timer: never) => void) => (timer: never): void => {
    armed.delete(timer);
    host(timer);
  };
  Object.assign(globalThis, {
    setTimeout: counted(setTimeout as Host, true),
    setInterval: counted(setInterval as Host, false),
    clearTimeout: clearing(clearTimeout),
    clearInterval: clearing(clearInterval),
  });
  const stop = (): void => void Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
  return { made: () => made, armed: () => armed.size, stop };
}
