/** What the tests, and the samples in the docs, mean by the names of the package: the sources. */
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));

export const alias: { readonly find: RegExp; readonly replacement: string }[] = [
  { find: /^breakwater$/, replacement: `${src}/index.ts` },
  { find: /^breakwater\/testing$/, replacement: `${src}/testing/index.ts` },
];
