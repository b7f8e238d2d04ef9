/**
 * The tests that a mutant has to survive: those of behaviour. Left out is what looks at the sources as text, at the built
 * package, at the docs, or at other packages, and would fail or be slow for reasons of its own.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: [{ find: /^breakwater$/, replacement: `${root}src/index.ts` }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/{api,floors,guard,house}.test.ts',
      'test/{bench,docs,examples,interop,package,size,types}/**',
      'test/{bench,docs,demo,examples,interop,size}*.test.ts',
    ],
    setupFiles: ['test/helpers/guard.ts'],
  },
});
