/** Scripts in a process of their own, for what only a whole process shows: its end, its warnings, its memory. */
import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = pathToFileURL(`${root}src/index.ts`).href;

/** How a script ended, and what it said. */
export interface Ended {
  /** The exit code; `null` where it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs an ES module that finds the package under the name `breakwater`. It is killed after `limit` milliseconds.
 *
 * @param source - the module's text.
 * @param flags - flags of node, such as `--expose-gc`.
 */
export function run(source: string, flags: readonly string[] = [], limit = 60_000): Promise<Ended> {
  const text = source.replaceAll(`'breakwater'`, JSON.stringify(entry));
  const args = ['--import', 'tsx', ...flags, '--input-type=module', '--eval', text];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, timeout: limit, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
    });
  });
}
