/** `breakwater/testing` is an entry of its own: what it weighs, and that the package itself weighs nothing of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, inject, it } from 'vitest';
import { build } from 'esbuild';
import { expectAtMost } from '../performance/limits.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(inject('consumer'), 'node_modules/breakwater/dist');

/** Bytes behind gzip of what a test imports, without the package itself. */
async function gzipOf(imported: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export ${imported} from ${JSON.stringify(`${dist}/testing.js`)};`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    external: ['breakwater'],
    tsconfigRaw: {},
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
}

describe('breakwater/testing', () => {
  it.each([
    ['{ manualClock }', 2_800],
    ['{ simulate }', 11_200],
    ['*', 12_400],
  ])('stays below its ceiling: %s', async (imported, ceiling) => {
    expectAtMost(`gzip of ${imported}`, await gzipOf(imported), { ceiling });
  });

  it('is in no part of the package itself', () => {
    const code = readFileSync(join(dist, 'index.js'), 'utf8');
    for (const name of ['manualClock', 'simulate', 'injected fault']) expect(code).not.toContain(name);
  });
});
