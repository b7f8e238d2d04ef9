/**
 * Four projects. `unit` is what one runs while working: `npm run unit -- test/circuit`. `usual` runs what is in it about
 * calls once more, with the quick way shut. `package` builds, packs and installs the package and looks at the result.
 * `site` builds the documentation and looks at it in a browser. `npm test` runs them all, with coverage.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { alias } from './alias.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const onTheSite = 'test/site/browser/**/*.test.ts';
const onCalls = [
  'test/{layers,interop}/**/*.test.ts',
  'test/{composition,policy,fluent,scenarios}*.test.ts',
  'test/core/{abort,attempt,call,judge,lane,race,wait}.test.ts',
  'test/properties/{composition,interleaving,nothing-left,sync-async}.test.ts',
];
const onThePackage = ['test/package/**/*.test.ts', 'test/runtimes/*.test.ts', 'test/api.test.ts'];

export default defineConfig({
  root,
  resolve: { alias },
  test: {
    // No test is one of speed: it ends what hangs, also on a machine that has little time.
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The table leaves out what is full, itself included; the summary says how much was measured at all.
      reporter: [['text', { skipFull: true }], 'text-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 99, branches: 99 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...onThePackage, onTheSite],
          setupFiles: ['test/helpers/guard.ts'],
          typecheck: {
            enabled: true,
            checker: 'tsc',
            tsconfig: 'test/tsconfig.json',
            include: ['test/types/**/*.test-d.ts'],
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'usual',
          include: onCalls,
          exclude: ['test/scenarios-heap.test.ts'],
          setupFiles: ['test/helpers/guard.ts', 'test/helpers/usual.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: onThePackage,
          globalSetup: ['test/package/pack.ts'],
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'site', include: [onTheSite], globalSetup: ['test/site/serve.ts'] },
      },
    ],
  },
});
