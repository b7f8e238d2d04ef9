/**
 * The runtimes beside the Node that runs the tests. Half a gigabyte is too much for everybody's `npm ci`: they have a
 * lockfile of their own, and are installed when they are first needed.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../helpers/process.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const modules = join(folder, 'node_modules');
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };

export interface Runtime {
  readonly name: string;
  readonly version: string;
  readonly binary: string;
  /** Whether it runs TypeScript as it is, `using` included. */
  readonly typescript: boolean;
  /** What stands before the name of a program. Deno may read the project, and call nobody but this machine. */
  readonly words: readonly string[];
}

export const RUNTIMES: readonly Runtime[] = [
  {
    name: `Node ${process.versions.node.split('.')[0]}, which runs the tests`,
    version: process.versions.node,
    binary: process.execPath,
    typescript: false,
    words: [],
  },
  { name: 'Node 22', version: pinned('node22'), binary: join(modules, 'node22/bin/node'), typescript: false, words: [] },
  { name: 'Node 24', version: pinned('node24'), binary: join(modules, 'node24/bin/node'), typescript: true, words: [] },
  { name: 'Bun', version: pinned('bun'), binary: join(modules, '.bin/bun'), typescript: true, words: ['--no-install'] },
  {
    name: 'Deno',
    version: pinned('deno'),
    binary: join(modules, '.bin/deno'),
    typescript: true,
    words: ['run', '--no-remote', '--node-modules-dir=manual', '--allow-net=127.0.0.1', '--allow-env', '--allow-read'],
  },
];

function pinned(name: string): string {
  return dependencies[name]?.replace(/^.*@/, '') ?? 'nowhere';
}

/** Installs those that are not there as the lockfile wants them. */
export async function installRuntimes(): Promise<void> {
  const stamp = join(modules, '.installed');
  const wanted = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { code, stdout, stderr } = await execute('npm', ['ci', '--no-audit', '--no-fund'], folder, process.env, 600_000);
  const missing = RUNTIMES.filter(({ binary }) => !existsSync(binary)).map(({ name }) => name);
  if (code === 0 && missing.length === 0) return writeFileSync(stamp, wanted);
  const what = code === 0 ? `brought no ${missing.join(', no ')}` : `ended with ${code}`;
  throw new Error(`The runtimes could not be installed: npm ci in test/runtimes ${what}.\n${stdout}${stderr}`);
}

/** Runs a program in a folder, with nothing of the caller's environment but what is given. */
export function start(runtime: Runtime, program: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const own = { PATH: process.env['PATH'], HOME: cwd, DENO_DIR: join(cwd, '.deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  return execute(runtime.binary, [...runtime.words, program], cwd, { ...own, ...env }, 30_000);
}

/** What a runtime says of its own version. */
export async function versionOf({ binary }: Runtime): Promise<string> {
  return (await execute(binary, ['--version'], folder, process.env, 30_000)).stdout;
}

function execute(file: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv, timeout: number): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, words, { cwd, env, timeout, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr: error !== null && code === null ? `${error.message}\n${stderr}` : stderr });
    });
  });
}
