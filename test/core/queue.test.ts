/** The line of those who wait. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/core/queue.ts';

describe('Queue', () => {
  it('is empty at first', () => {
    const queue = new Queue<string>();
    expect([queue.size, queue.first, [...queue]]).toEqual([0, undefined, []]);
  });

  it('lets nobody leave twice', () => {
    const queue = new Queue<string>();
    const leave = queue.join('a');
    queue.join('b');
    leave();
    leave();
    expect([queue.size, [...queue]]).toEqual([1, ['b']]);
  });

  it('is first in first out among equals, and goes by priority else, whoever leaves', () => {
    const steps = fc.array(fc.oneof(fc.record({ priority: fc.integer({ min: -2, max: 2 }) }), fc.record({ leaves: fc.nat() })), { minLength: 20, maxLength: 60 });
    let past = 0;
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new Queue<number>();
        let model: { id: number; priority: number }[] = [];
        const leaves = new Map<number, () => void>();
        for (const [id, step] of all.entries()) {
          if ('priority' in step) {
            leaves.set(id, queue.join(id, step.priority));
            const at = model.findIndex(({ priority }) => priority < step.priority);
            if (at >= 0) past += 1;
            model.splice(at < 0 ? model.length : at, 0, { id, priority: step.priority });
          } else if (leaves.size > 0) {
            const leaver = [...leaves.keys()][step.leaves % leaves.size]!;
            leaves.get(leaver)!();
            model = model.filter(({ id }) => id !== leaver);
          }
          expect([[...queue], queue.first, queue.size]).toEqual([model.map(({ id }) => id), model[0]?.id, model.length]);
        }
      }),
      { numRuns: 200 },
    );
    expect(past).toBeGreaterThan(200);
  });
});
