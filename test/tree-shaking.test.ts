/** What of the package stays in the bundle of a program that uses a part of it: the package is one file, and must not stick together. */
import { build, type Metafile, type Plugin } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

async function bundle(contents: string, minify: boolean, plugins: Plugin[] = []): Promise<{ text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
    bundle: true, minify, write: false, metafile: true, format: 'esm', platform: 'neutral', target: 'es2022',
    tsconfigRaw: {}, logLevel: 'error', plugins,
  });
  return { text: outputFiles[0]?.text ?? '', metafile };
}

describe('a bundle', () => {
  let file = '';

  beforeAll(async () => {
    file = (await bundle(`export * from ${JSON.stringify(entry)};`, false)).text;
  });

  const asOneFile: Plugin = {
    name: 'as one file',
    setup(to) {
      to.onResolve({ filter: /^breakwater$/ }, ({ path }) => ({ path, namespace: 'one', sideEffects: false }));
      to.onLoad({ filter: /.*/, namespace: 'one' }, () => ({ contents: file, loader: 'js' }));
    },
  };

  it.each(['breaker', 'retry', 'timeout', 'fallback', 'deadline', 'policy'])(
    'of %s alone holds nothing of what it does not use: no more than of the modules by themselves',
    async (name) => {
      const one = await bundle(`export { ${name} } from 'breakwater';`, true, [asOneFile]);
      const modules = await bundle(`export { ${name} } from ${JSON.stringify(entry)};`, true);
      expect(modules.text.length).toBeGreaterThan(5_000);
      expect(one.text.length).toBeLessThan(modules.text.length + 50);
    },
    60_000,
  );

  it('of a breaker without a ratio holds none of the rules that go by one, nor their windows', async () => {
    const { metafile } = await bundle(`export { breaker, consecutive } from ${JSON.stringify(entry)};`, true);
    const [output] = Object.values(metafile.outputs);
    const files = Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : []));
    expect(files.filter((path) => path.includes('src/circuit/')).length).toBeGreaterThan(2);
    expect(files.filter((path) => /ratio|any-|windows|stopwatch-/.test(path))).toEqual([]);
  });
});
