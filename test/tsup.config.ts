/** The build: ESM and CJS side by side, each with bundled declarations. What is unusual here closes a trap of the tool. */
import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  outDir: 'dist',
  target: 'es2022',
  platform: 'node',
  clean: true,
  silent: true,
  // The sources are not in the package, so that a map would point at nothing.
  sourcemap: false,
  // With splitting, CJS goes through a second compiler, which renames classes. Without it each entry would get its own
  // copy of the core: an entry of its own imports the core by the package's name, which stays outside its bundle.
  splitting: false,
  external: ['breakwater'],
  // By default the prefix `node:` is taken away, and then `node:test` and its kind are found no more.
  removeNodeProtocol: false,
  dts: {
    // The bundler of declarations sets options that TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
    // Bundling drops the reference, without which `Disposable` is unknown to a consumer whose lib is ES2022.
    banner: '/// <reference lib="esnext.disposable" />',
  },
});
