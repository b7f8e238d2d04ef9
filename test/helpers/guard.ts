/**
 * The guard of every test file (D7): what the console says, a process warning, an unhandled rejection and an uncaught
 * exception fail the test in which they arrive, or the file, where they arrive between tests.
 *
 * A test that expects one says so: it spies on the console method, or on `process.emitWarning`, with an implementation.
 */
import { afterAll, afterEach } from 'vitest';
import { watch } from './watch.ts';

// Both are taken before a test can put fake ones in their place.
const { setImmediate } = globalThis;
const heard = watch(globalThis.console, process);

/** Warnings arrive one tick later, and rejections are reported after the microtasks: an immediate is after both. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  const words = heard.take();
  if (words.length > 0) throw new Error(`Nothing may speak in a test, but this was heard:\n${words.join('\n')}`);
}

afterEach(settle);
afterAll(async () => {
  await settle();
  heard.stop();
});
