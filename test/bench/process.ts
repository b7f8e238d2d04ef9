/**
 * The measured code runs as plain JavaScript in processes of its own. It is bundled first: a loader that compiles on the
 * fly keeps names with calls of its own, which would be measured, too.
 */
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** Code is compiled in place, so that a busy machine measures the same code as an idle one. */
const STEADY = '--no-concurrent-recompilation';
/** A young generation in which no batch causes a collection. */
const ROOMY = ['--max-semi-space-size=512', '--min-semi-space-size=512'];
const MEMORY = ['--expose-gc', '--max-old-space-size=6144'];

/** The kinds of worker, with the flags of their processes: each is a file in `workers`. */
const WORKERS = {
  speed: [STEADY],
  bytes: ['--expose-gc', '--no-flush-bytecode', STEADY, ...ROOMY],
  flight: MEMORY,
  burst: [],
  breakers: MEMORY,
  windows: MEMORY,
} as const;

/** Names a file in `workers`. */
export type WorkerName = keyof typeof WORKERS;

/** Workers that are ready to run. */
export class Workers {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Bundles the workers. The packages that they measure stay outside, and are what a user gets. */
  static async start(dist: string, beside: string | undefined): Promise<Workers> {
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'bench-'));
    await build({
      entryPoints: Object.keys(WORKERS).map((name) => join(here, 'workers', `${name}.ts`)),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      tsconfigRaw: {},
    });
    const env = { ...process.env, BREAKWATER_DIST: dist, ...(beside === undefined ? {} : { BREAKWATER_BESIDE: beside }) };
    return new Workers(folder, env);
  }

  /** Runs a worker; `undefined` where it was not finished after `limit` milliseconds. */
  run<T>(name: WorkerName, task: unknown, limit: number = 120_000): Promise<T | undefined> {
    const words = [...WORKERS[name], join(this.#folder, `${name}.mjs`), JSON.stringify(task)];
    return new Promise((resolve, reject) => {
      const options = { env: this.#env, timeout: limit, killSignal: 'SIGKILL', maxBuffer: 1e8 } as const;
      execFile(process.execPath, words, options, (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as T);
        else if (error.killed === true) resolve(undefined);
        else reject(new Error(`${name} ${JSON.stringify(task)} failed: ${stderr}`));
      });
    });
  }

  stop(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
