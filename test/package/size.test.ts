/** What of the package reaches a bundle, against ceilings: kilobytes that come in by the back door are seen here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { ours, sizeOf } from '../bench/sizes.ts';
import { expectAtMost, type Limit } from '../performance/limits.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(inject('consumer'), 'node_modules/breakwater/dist');
const { breaker, four = '', from } = ours(dist);

/** Bytes behind gzip. */
const limits: readonly (readonly [string, string, Limit])[] = [
  ['breaker alone', breaker, { goal: 1_800, ceiling: 15_600 }],
  ['policy and four layers', four, { goal: 4_000, ceiling: 19_500 }],
  ['everything', '*', { ceiling: 33_000 }],
];

describe('a bundle', () => {
  it.each(limits)('stays below its ceiling: %s', async (what, imported, limit) => {
    const { gzip, files } = await sizeOf(imported, from, root);
    expectAtMost(`gzip of ${what}`, gzip, limit);
    expect(files).toBe(1);
  });

  it('is empty where nothing of the package is used', async () => {
    const { min } = await sizeOf('{}', from, root);
    expect(min).toBeLessThanOrEqual(1);
  });
});

describe('the entry', () => {
  it('is one file, which imports nothing', () => {
    expect(readFileSync(from, 'utf8')).not.toMatch(/^\s*import\b|\bimport\(/m);
  });
});
