/** How much later than a bare call a policy settles: counted in microtask turns, which are the same on every machine. */
import { describe, expect, it } from 'vitest';
import { breaker, deadline, fallback, policy, retry, timeout } from '../../src/index.ts';
import { expectAtMost, type Limit } from './limits.ts';

type Call = () => Promise<unknown>;

const answer = async (): Promise<number> => 1;
const down = new Error('down');
const fail = async (): Promise<never> => {
  throw down;
};

/** The turns until a call has settled. */
async function turns(call: Call): Promise<number> {
  let settled = false;
  let count = 0;
  const settle = (): void => {
    settled = true;
  };
  call().then(settle, settle);
  for (; !settled; count++) await Promise.resolve();
  return count;
}

const guards = {
  breaker: () => breaker({ failureThreshold: 100 }),
  retry: () => retry({ attempts: 1 }),
  fallback: () => fallback(0),
  timeout: () => timeout(60_000),
  deadline: () => deadline(60_000),
  four: () => policy(breaker({ failureThreshold: 100 }), retry({ attempts: 1 }), timeout(60_000), fallback(0)),
};

/** Turns more than the bare call, when it answers and when it fails. */
const limits: readonly (readonly [keyof typeof guards, { readonly answers: Limit; readonly fails: Limit }])[] = [
  // An error that nothing becomes of comes with its own promise, which is handed on: two turns more, and no second throw.
  ['breaker', { answers: { goal: 1, ceiling: 1 }, fails: { goal: 1, ceiling: 3 } }],
  ['retry', { answers: { goal: 1, ceiling: 1 }, fails: { goal: 1, ceiling: 3 } }],
  ['fallback', { answers: { goal: 1, ceiling: 1 }, fails: { goal: 1, ceiling: 1 } }],
  ['timeout', { answers: { goal: 1, ceiling: 1 }, fails: { goal: 1, ceiling: 1 } }],
  ['deadline', { answers: { goal: 1, ceiling: 1 }, fails: { goal: 1, ceiling: 1 } }],
  ['four', { answers: { goal: 2, ceiling: 2 }, fails: { goal: 2, ceiling: 2 } }],
];

describe.each(limits)('a call under %s', (name, { answers, fails }) => {
  it.each(['wrap', 'execute'] as const)('settles few turns after a bare one: %s', async (way) => {
    const guard = guards[name]() as { wrap(fn: Call): Call; execute(fn: Call): Promise<unknown> };
    const under = (fn: Call): Call => (way === 'wrap' ? guard.wrap(fn) : () => guard.execute(fn));
    expectAtMost('turns when it answers', (await turns(under(answer))) - (await turns(answer)), answers);
    expectAtMost('turns when it fails', (await turns(under(fail))) - (await turns(fail)), fails);
  });
});

describe('turns', () => {
  it('counts one for a promise that is settled, and one more for each that is derived', async () => {
    const settled = Promise.resolve();
    const counts = [settled, settled.then(() => {}), settled.then(() => {}).then(() => {})].map((one) => turns(() => one));
    expect(await Promise.all(counts)).toEqual([1, 2, 3]);
  });
});
