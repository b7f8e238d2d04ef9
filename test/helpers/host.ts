/** A host in a test's hand: its timers and its clock, for code that takes them as they are when it is loaded. */
import { vi } from 'vitest';
import { flush } from './virtual-clock.ts';

interface HostTimer {
  readonly due: number;
  readonly callback: () => void;
  kept: boolean;
}

/** What a host can be told. */
export interface HostOptions {
  /** Its timers are numbers, as in a browser, and cannot be told to let the process end. */
  readonly numbers?: boolean;
  /** How much too early its timers fire, in milliseconds. */
  readonly early?: () => number;
}

/** Timers that fire when the test says so. */
export class Host {
  time = 0.25;
  /** How many timers were ever made, with how many milliseconds each. */
  readonly made: number[] = [];
  readonly #timers = new Map<unknown, HostTimer>();
  readonly #options: HostOptions;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  readonly setTimeout = (callback: () => void, ms: number): unknown => {
    this.made.push(ms);
    const early = this.#options.early?.() ?? 0;
    const timer: HostTimer = { due: this.time + ms - early, callback, kept: true };
    const handle = this.#options.numbers === true ? this.made.length : handleOf(timer);
    this.#timers.set(handle, timer);
    return handle;
  };

  readonly clearTimeout = (handle: unknown): void => void this.#timers.delete(handle);

  /** Lets the test do something at a time of its own. */
  at(time: number, callback: () => void): void {
    this.#timers.set({}, { due: time, callback, kept: false });
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** How many of them keep the process alive. */
  get kept(): number {
    return [...this.#timers.values()].filter(({ kept }) => kept).length;
  }

  /** Fires what is due until `time`, in order; between two timers, promises say what they have to say. */
  async to(time: number): Promise<void> {
    await flush();
    for (let next = this.#next(); next !== undefined && next[1].due <= time; next = this.#next()) {
      const [handle, { due, callback }] = next;
      this.time = Math.max(this.time, due);
      this.#timers.delete(handle);
      callback();
      await flush();
    }
    this.time = Math.max(this.time, time);
  }

  #next(): [unknown, HostTimer] | undefined {
    return [...this.#timers].sort(([, a], [, b]) => a.due - b.due)[0];
  }
}

function handleOf(timer: HostTimer): { ref(): void; unref(): void } {
  return {
    ref: () => void (timer.kept = true),
    unref: () => void (timer.kept = false),
  };
}

/** Puts a host in the place of the real one, and loads `module` anew on it. Ends with `vi.unstubAllGlobals()`. */
export async function loadOn<T>(load: () => Promise<T>, options: HostOptions = {}): Promise<{ host: Host; loaded: T }> {
  const host = new Host(options);
  vi.stubGlobal('setTimeout', host.setTimeout);
  vi.stubGlobal('clearTimeout', host.clearTimeout);
  vi.stubGlobal('performance', { now: () => host.time });
  vi.resetModules();
  return { host, loaded: await load() };
}
