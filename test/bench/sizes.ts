/** What of a package reaches a bundle: minified by esbuild, and packed as servers send it. */
import { build } from 'esbuild';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Bytes of a bundle. */
export interface Size {
  readonly min: number;
  readonly gzip: number;
  readonly brotli: number;
  /** How many files of the package are in it. */
  readonly files: number;
}

/** What a program imports of one package, by what it needs; `*` is everything. */
export interface Imports {
  readonly name: string;
  readonly from: string;
  readonly breaker: string;
  /** `undefined` where it has not got all four layers. */
  readonly four?: string;
}

/** What programs import of the peers. */
export const PEERS: readonly Imports[] = [
  ...[['cockatiel 3', 'cockatiel'], ['cockatiel 4', 'cockatiel4']].map(([name = '', from = '']) => ({
    name,
    from,
    breaker: '{ circuitBreaker, ConsecutiveBreaker, handleAll }',
    four: `{ circuitBreaker, ConsecutiveBreaker, ExponentialBackoff, fallback, handleAll, retry, timeout, TimeoutStrategy,
      wrap }`,
  })),
  { name: 'opossum', from: 'opossum', breaker: '{ default }' },
  {
    name: 'mollitia',
    from: 'mollitia',
    breaker: '{ Circuit, SlidingCountBreaker }',
    four: '{ Circuit, Fallback, Retry, SlidingCountBreaker, Timeout }',
  },
];

/** What programs import of a build of ours. */
export function ours(dist: string): Imports {
  const four = '{ breaker, fallback, policy, retry, timeout }';
  return { name: 'breakwater', from: `${dist}/index.js`, breaker: '{ breaker }', four };
}

/** Bundles what a program imports. Modules of Node stay outside. */
export async function sizeOf(what: string, from: string, root: string): Promise<Size> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export ${what} from ${JSON.stringify(from)};`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*', 'events'],
    tsconfigRaw: {},
    logLevel: 'error',
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const files = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>').length;
  return { min: code.length, gzip: gzipSync(code, { level: 9 }).length, brotli: brotliCompressSync(code).length, files };
}
