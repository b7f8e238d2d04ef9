/** The permits by themselves, against a model. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Permits } from '../../src/layers/bulkhead/permits.ts';

describe('Permits', () => {
  it('are as many as the limit says', () => {
    const permits = new Permits<string>(2);
    expect(['a', 'b', 'c'].map((one) => permits.take(one))).toEqual([true, true, false]);
    expect(['a', 'b', 'c', undefined].map((one) => permits.holds(one))).toEqual([true, true, false, false]);
    permits.giveBack('a');
    expect([permits.running, permits.take('c'), permits.holds('a')]).toEqual([1, true, false]);
  });

  it('go to the first in line in the step in which they are given back', () => {
    const permits = new Permits<string>(1);
    const said: string[] = [];
    permits.take('a');
    permits.join('b', 0, () => said.push(`b ${permits.running} ${permits.waiting} ${permits.take('thief')}`));
    const leave = permits.join('c', 0, () => said.push('c'));
    permits.giveBack('a');
    expect([said, permits.holds('b'), permits.waiting]).toEqual([['b 1 1 false'], true, 1]);
    leave();
    leave();
    permits.giveBack('b');
    expect([said.length, permits.running, permits.waiting]).toEqual([1, 0, 0]);
  });

  it('are neither lost nor doubled, and go by priority, first in first out, whatever happens and in whatever order', () => {
    const seen = { waited: 0, handedOn: 0, left: 0, past: 0 };
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ does: fc.constant('comes' as const), priority: fc.integer({ min: 0, max: 2 }), which: fc.constant(0) }) },
      { weight: 3, arbitrary: fc.record({ does: fc.constant('ends' as const), which: fc.nat(), priority: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('leaves' as const), which: fc.nat(), priority: fc.constant(0) }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { minLength: 5, maxLength: 50 }), (limit, steps) => {
        const permits = new Permits<number>(limit);
        const run: number[] = [];
        let running: number[] = [];
        let line: { id: number; priority: number }[] = [];
        const leaves = new Map<number, () => void>();
        const expected: number[] = [];
        for (const [id, { does, which, priority }] of steps.entries()) {
          if (does === 'comes') {
            if (permits.take(id)) run.push(id);
            else leaves.set(id, permits.join(id, priority, () => run.push(id)));
            if (running.length < limit) {
              running.push(id);
              expected.push(id);
            } else {
              seen.waited += 1;
              const at = line.findIndex((one) => one.priority < priority);
              seen.past += Number(at >= 0);
              line.splice(at < 0 ? line.length : at, 0, { id, priority });
            }
          } else if (does === 'ends' && running.length > 0) {
            const ended = running[which % running.length]!;
            permits.giveBack(ended);
            running = running.filter((one) => one !== ended);
            const next = line.shift();
            if (next !== undefined) {
              seen.handedOn += 1;
              running.push(next.id);
              expected.push(next.id);
            }
          } else if (does === 'leaves' && line.length > 0) {
            const { id: leaver } = line[which % line.length]!;
            leaves.get(leaver)!();
            line = line.filter((one) => one.id !== leaver);
            seen.left += 1;
          }
          expect(run).toEqual(expected);
          expect([permits.running, permits.waiting]).toEqual([running.length, line.length]);
          expect(running.every((one) => permits.holds(one)) && line.every((one) => !permits.holds(one.id))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(Math.min(seen.waited, seen.handedOn, seen.left, seen.past)).toBeGreaterThan(40);
  });
});
