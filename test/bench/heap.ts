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
