/** The heap as a measurement needs it: collected on demand, read in bytes. */

const collect = (globalThis as { gc?: () => void }).gc;

/** What is in use after everything that can be collected was; it takes `--expose-gc`. */
export async function settledHeap(): Promise<number> {
  if (collect === undefined) throw new Error('the heap is measured with --expose-gc');
  // What a collection sets free with callbacks (weak maps, registries) goes in the one after it.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  collect();
  return process.memoryUsage().heapUsed;
}

/** Counts the timers that are made from now on, and neither fired nor called off; also those that keep no process alive. */
export function countTimers(): { armed(): number; stop(): void } {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const hosts = { setTimeout, clearTimeout, setInterval, clearInterval };
  const armed = new Set<unknown>();
  for (const [make, clear] of [['setTimeout', 'clearTimeout'], ['setInterval', 'clearInterval']] as const) {
    const host = { make: hosts[make], clear: hosts[clear] };
    globalThis[make] = ((callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      const timer: unknown = host.make((...given: unknown[]) => {
        if (make === 'setTimeout') armed.delete(timer);
        callback(...given);
      }, ms, ...args);
      armed.add(timer);
      return timer;
    }) as never;
    globalThis[clear] = ((timer?: unknown) => {
      armed.delete(timer);
      host.clear(timer as never);
    }) as never;
  }
  return { armed: () => armed.size, stop: () => Object.assign(globalThis, hosts) };
}
