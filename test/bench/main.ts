/**
 * `npm run bench`: what a call costs, in this one run, beside a bare call, a lower bound and the peers.
 *
 *     npm run bench                          everything; some minutes
 *     npm run bench -- --quick               fewer rounds, fewer calls
 *     npm run bench -- --only time.breaker   parts and cases whose name matches, such as time.breaker.wrap
 *     npm run bench -- --write               writes the tables into docs/benchmarks.md
 *     tsx test/bench/main.ts --dist other/dist --beside dist      two builds in the same rounds
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Workers } from './process.ts';
import { report, timings } from './report.ts';
import { measure } from './results.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/benchmarks.md');
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    dist: { type: 'string', default: process.env['BREAKWATER_DIST'] ?? join(root, 'dist') },
    beside: { type: 'string' },
  },
});

/** A folder with a build in it. */
function built(folder: string): string {
  const path = resolve(folder);
  if (!existsSync(join(path, 'index.js'))) throw new Error(`there is no build in ${path}: npm run build`);
  return path;
}

const begun = performance.now();
const dist = built(values.dist);
const workers = await Workers.start(dist, values.beside === undefined ? undefined : built(values.beside));
try {
  const progress = (line: string): void => {
    const seconds = Math.round((performance.now() - begun) / 1e3);
    console.error(`${String(seconds).padStart(4)} s  ${line}`);
  };
  const results = await measure(workers, { root, dist, only: new RegExp(values.only), quick: values.quick, progress });
  console.log(timings(results));
  console.log(report(results));
  if (values.write) writeFileSync(page, withTables(readFileSync(page, 'utf8'), report(results)));
} finally {
  workers.stop();
}

/** The page with other tables between its marks. */
function withTables(text: string, tables: string): string {
  const [from, to] = ['<!-- the tables, written by the bench -->', '<!-- the end of the tables -->'];
  const [before, after] = [text.split(from)[0], text.split(to)[1]];
  if (before === undefined || after === undefined) throw new Error(`${page} has no marks for the tables`);
  return `${before}${from}\n\n${tables}\n\n${to}${after}`;
}
