/** `npm run bench`: first version. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES } from './cases.ts';
import { Workers } from './process.ts';
import type { Effort, Timing } from './rounds.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    dist: { type: 'string', default: process.env['BREAKWATER_DIST'] ?? join(root, 'dist') },
    beside: { type: 'string' },
  },
});
const dist = resolve(values.dist);
if (!existsSync(join(dist, 'index.js'))) throw new Error(`no build in ${dist}: npm run build`);
const beside = values.beside === undefined ? undefined : resolve(values.beside);
const effort: Effort = values.quick ? { rounds: 25, batchMs: 2, warmMs: 80 } : { rounds: 75, batchMs: 4, warmMs: 200 };
const workers = await Workers.start(dist, beside);
try {
  for (const { id, title, goal, unit } of CASES) {
    if (values.only !== undefined && !new RegExp(values.only).test(id)) continue;
    const timings = await workers.run<Record<string, Timing>>('speed', { id, effort });
    console.log(`${id} (${title}), goal ${goal ?? '–'} ${unit}`);
    for (const [name, { ns, times, quartiles }] of Object.entries(timings ?? {})) {
      console.log(`  ${name.padEnd(12)} ${ns.toFixed(ns < 100 ? 1 : 0).padStart(8)} ns  × ${times.toFixed(2).padStart(7)}  (${quartiles.map((one) => one.toFixed(2)).join(' to ')})`);
    }
  }
} finally {
  workers.stop();
}
