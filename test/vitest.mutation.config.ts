/**
 * The tests that a mutant has to survive: quick ones on behaviour. Left out are those that look at the sources as text or
 * at the built package, and the long walks, which find with chance what these state plainly.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { alias } from './alias.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  resolve: { alias },
  test: {
    testTimeout: 60_000,
    include: [
      'test/{circuit,backoff,cache,keyed,rate,layers,stop,testing}/**/*.test.ts',
      'test/core/{attempt,call-key,lane,queue,quick,stage,stopwatch}.test.ts',
      'test/{any-of,compile,composition,keyed,scenarios}*.test.ts',
    ],
    exclude: ['test/scenarios-heap.test.ts'],
    setupFiles: ['test/helpers/guard.ts'],
  },
});
