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

/** The kinds of worker: each is a file in `workers`. */
export type WorkerName = (typeof WORKERS)[number];

const WORKERS = ['speed', 'bytes', 'flight', 'burst', 'breakers'] as const;

/** What a process needs besides its task. */
export interface Surroundings {
  /** Flags of node, such as `--expose-gc`. */
  readonly flags?: readonly string[];
  /** After so many milliseconds the process is killed. */
  readonly limit?: number;
}

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
      entryPoints: WORKERS.map((name) => join(here, 'workers', `${name}.ts`)),
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

  /** Runs a worker; `undefined` where it was not finished in time. */
  run<T>(name: WorkerName, task: unknown, { flags = [], limit = 120_000 }: Surroundings = {}): Promise<T | undefined> {
    const words = [...flags, join(this.#folder, `${name}.mjs`), JSON.stringify(task)];
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
