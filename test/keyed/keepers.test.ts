import { describe, expect, it } from 'vitest';
import { keep, leave, type Counted, type Keeper } from '../../src/keyed/keepers.ts';
import { deferred } from '../helpers/functions.ts';

const boom = new Error('boom');

class Count implements Keeper {
  now = 0;
  began(): void {
    this.now += 1;
  }
  ended(): void {
    this.now -= 1;
  }
}

/** One call of a policy, as a policy makes it. */
const call = (policy: Counted, go: () => unknown): unknown => (policy['~around'] === undefined ? go() : policy['~around'](go));

describe('keepers', () => {
  it('count the calls of a policy: each until its promise is settled, and those of all keys that it has', async () => {
    const policy: Counted = { '~around': undefined };
    const [one, two] = [new Count(), new Count()];
    keep(policy, one);
    const first = deferred();
    const going = call(policy, () => first.promise);
    keep(policy, two);
    const failing = call(policy, () => Promise.reject(boom)) as Promise<unknown>;
    expect([one.now, two.now]).toEqual([2, 1]);
    await expect(failing).rejects.toBe(boom);
    expect([one.now, two.now]).toEqual([1, 0]);
    first.resolve('value');
    expect(await going).toBe('value');
    expect([one.now, two.now]).toEqual([0, 0]);
  });

  it('count a call that answers at once, or throws, while it lasts', () => {
    const policy: Counted = { '~around': undefined };
    const count = new Count();
    keep(policy, count);
    expect(call(policy, () => count.now)).toBe(1);
    expect(() => call(policy, () => { throw boom; })).toThrow(boom);
    expect(count.now).toBe(0);
  });

  it('that leave count no further call, and hear of those that they saw begin; the others go on', async () => {
    const policy: Counted = { '~around': undefined };
    const [one, two] = [new Count(), new Count()];
    keep(policy, one);
    keep(policy, two);
    const first = deferred();
    const going = call(policy, () => first.promise);
    leave(policy, one);
    void call(policy, () => expect([one.now, two.now]).toEqual([1, 2]));
    first.resolve(undefined);
    await going;
    expect([one.now, two.now]).toEqual([0, 0]);
    leave(policy, two);
    expect(policy['~around']).toBeUndefined();
  });

  it('leave nothing behind, so that the next one is alone, and may leave twice', () => {
    const policy: Counted = { '~around': undefined };
    const [one, two] = [new Count(), new Count()];
    keep(policy, one);
    leave(policy, one);
    leave(policy, one);
    keep(policy, two);
    call(policy, () => expect([one.now, two.now]).toEqual([0, 1]));
  });

  it('that never came may leave', () => {
    const policy: Counted = { '~around': undefined };
    leave(policy, new Count());
    expect(policy['~around']).toBeUndefined();
  });
});
