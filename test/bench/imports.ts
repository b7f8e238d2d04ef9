/** How long a package takes to be imported by a process that has just begun. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { quantile } from './rounds.ts';

const SCRIPT = 'const begun = performance.now(); await import(process.argv[1]); console.log(performance.now() - begun);';

/** Milliseconds of one import. */
async function once(specifier: string, cwd: string): Promise<number> {
  const words = ['--input-type=module', '--eval', SCRIPT, specifier];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd });
  return Number(stdout);
}

/**
 * The medians of many processes, in milliseconds over the import of an empty module, by name.
 *
 * @param specifiers - what is imported, by name.
 */
export async function imports(
  specifiers: ReadonlyMap<string, string>,
  cwd: string,
  rounds: number,
): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  const all = new Map([['', pathToFileURL(empty).href], ...specifiers]);
  const samples = new Map([...all.keys()].map((name) => [name, [] as number[]]));
  // Interleaved: what else the machine does meets them all.
  for (let round = 0; round < rounds; round++) {
    for (const [name, specifier] of all) samples.get(name)?.push(await once(specifier, cwd));
  }
  rmSync(folder, { recursive: true });
  const base = quantile(samples.get('') ?? [], 0.5);
  return Object.fromEntries([...specifiers.keys()].map((name) => [name, quantile(samples.get(name) ?? [], 0.5) - base]));
}

/** The address of a build of ours. */
export function entryOf(dist: string): string {
  return pathToFileURL(`${dist}/index.js`).href;
}
