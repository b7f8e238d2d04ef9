import { describe, expect, it } from 'vitest';
import { breaker, CircuitOpenError, fallback, policy, Policy, retry, timeout, type AnyPolicy } from 'breakwater';
import { chaos, failsTimes, latency, manualClock, simulate, type ChaosOptions } from 'breakwater/testing';
import { fateOf } from '../helpers/stage.ts';

/** Runs so many calls one after another, and answers which of them failed. */
async function failing(guard: AnyPolicy, calls: number): Promise<number[]> {
  const failed: number[] = [];
  const run = guard.wrap((i: number) => i);
  for (let i = 0; i < calls; i += 1) await run(i).catch(() => failed.push(i));
  return failed;
}

const seeded = (random: number, options: ChaosOptions): AnyPolicy => policy(chaos(options), { clock: manualClock({ random }) });

describe('chaos', () => {
  it('does nothing unless it is enabled', async () => {
    const fn = failsTimes(0, 'up');
    const off = chaos({ errorRatio: 1, latency: Infinity });
    expect([await off.execute(fn), fn.calls, String(off)]).toEqual(['up', 1, 'chaos(off) ▸ fn']);
  });

  it('asks each time whether it is enabled, if it is told to ask', async () => {
    let on = false;
    const guard = chaos({ enabled: () => on, errorRatio: 1 });
    expect(await guard.execute(() => 'up')).toBe('up');
    on = true;
    await expect(guard.execute(() => 'up')).rejects.toThrow('chaos: an injected fault');
    on = false;
    expect(await guard.execute(() => 'up')).toBe('up');
  });

  it('fails a share of the attempts without running the function, the same for the same seed', async () => {
    const failed = await failing(seeded(1, { enabled: true, errorRatio: 0.3 }), 1_000);
    expect(failed.length).toBeGreaterThan(250);
    expect(failed.length).toBeLessThan(350);
    expect(await failing(seeded(1, { enabled: true, errorRatio: 0.3 }), 1_000)).toEqual(failed);
    expect(await failing(seeded(2, { enabled: true, errorRatio: 0.3 }), 1_000)).not.toEqual(failed);
    const fn = failsTimes(0);
    await expect(chaos({ enabled: true, errorRatio: 1, error: () => 'down' }).execute(fn)).rejects.toBe('down');
    expect(fn.calls).toBe(0);
  });

  it('chooses calls by their arguments, without a context', async () => {
    const seen: unknown[] = [];
    const guard = chaos({ enabled: true, errorRatio: 1, when: (...args) => (seen.push(args), args[0] === 'a') });
    const run = guard.wrapWithContext((_, name: string) => name);
    await expect(run('a')).rejects.toThrow('chaos');
    expect([await run('b'), seen]).toEqual(['b', [['a'], ['b']]]);
  });

  it('adds latency within the timeout of the attempt, to a share of them if it shall', async () => {
    const clock = manualClock();
    const slow = policy(timeout(1_000), chaos({ enabled: true, latency: 900 }), { clock });
    const inTime = fateOf(slow.execute(() => 'up'), clock);
    const late = fateOf(slow.execute(latency(200, 'up', { clock })), clock);
    await clock.runAll();
    expect([inTime.value, inTime.at, late.error.name, late.at, clock.pending]).toEqual(['up', 900, 'TimeoutError', 1_000, 0]);
    const fn = failsTimes(0);
    const hung = fateOf(policy(timeout(50), chaos({ enabled: true, latency: Infinity }), { clock }).execute(fn), clock);
    await clock.runAll();
    expect([hung.error.name, fn.calls]).toEqual(['TimeoutError', 0]);
    const some = policy(chaos({ enabled: true, latency: 10, latencyRatio: 0.5 }), { clock });
    const start = clock.time;
    const fates = Array.from({ length: 100 }, () => fateOf(some.execute(() => 'up'), clock));
    await clock.runAll();
    const delayed = fates.filter(({ at }) => at === start + 10).length;
    expect(delayed).toBeGreaterThan(30);
    expect(delayed).toBeLessThan(70);
  });

  it('fails after the latency, where both hit, and draws a latency that is a function anew', async () => {
    const clock = manualClock();
    let next = 0;
    const guard = policy(chaos({ enabled: true, errorRatio: 1, latency: () => (next += 100) }), { clock });
    const fates = [fateOf(guard.execute(() => 1), clock), fateOf(guard.execute(() => 1), clock)];
    await clock.runAll();
    expect(fates.map(({ state, at }) => [state, at])).toEqual([['error', 100], ['error', 200]]);
  });

  it('is cut by the caller, and leaves no timer behind', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const fate = fateOf(policy(chaos({ enabled: true, latency: 1_000 }), { clock }).execute(() => 1, controller.signal));
    await clock.settle();
    expect(clock.pending).toBe(1);
    controller.abort('left');
    await clock.settle();
    expect([fate.error, clock.pending]).toEqual(['left', 0]);
  });

  it('is the innermost of all: its faults are repeated, counted, and answered for', async () => {
    const guard = policy(fallback('none'), chaos({ enabled: true, errorRatio: 1 }), breaker({ failureThreshold: 2 }), retry({ attempts: 2, delay: 0 }));
    expect(String(guard)).toBe('breaker(2 in a row, 60 s) ▸ retry ×2 ▸ chaos(100 % errors) ▸ fn, else fallback');
    const heard: string[] = [];
    guard.onEvent(({ type }) => heard.push(type));
    expect([await guard.execute(() => 1), await guard.execute(() => 1), await guard.execute(() => 1)]).toEqual(['none', 'none', 'none']);
    expect(heard.filter((type) => type === 'attempt-failed')).toHaveLength(4);
    const { circuit } = guard;
    expect([circuit.state, circuit.stats().failed]).toEqual(['open', 2]);
    await expect(circuit.execute(() => 1)).rejects.toThrow(CircuitOpenError);
  });

  it('answers at once where it adds no latency', () => {
    const guard = Policy.with(chaos({ enabled: true, errorRatio: 1 })).fallback('none');
    expect(guard.wrapSync(() => 'up')()).toBe('none');
    expect(chaos({ enabled: true }).executeSync(() => 'up')).toBe('up');
    // @ts-expect-error it needs time
    expect(() => chaos({ enabled: true, latency: 5 }).executeSync(() => 'up')).toThrow('chaos(+5 ms) needs time');
  });

  it('reports what its functions throw, and injects nothing then', async () => {
    const mistakes: unknown[] = [];
    const options = { enabled: true, errorRatio: 1, onListenerError: (error: unknown) => mistakes.push(String(error)) };
    const oops = (): never => { throw new Error('oops'); };
    for (const wrong of [{ enabled: oops }, { when: oops }, { error: oops }, { latency: oops }, { latency: () => -1 }]) {
      expect(await chaos({ ...options, ...wrong }).execute(() => 'up')).toBe('up');
    }
    expect(mistakes).toEqual([
      ...Array<string>(4).fill('Error: oops'),
      'RangeError: chaos: what latency() answers must be a duration in milliseconds, 0 or more, got -1',
    ]);
  });

  it('describes itself', () => {
    expect(chaos({ errorRatio: 0.125, latency: 20, latencyRatio: 0.5, enabled: () => true }).describe()).toEqual([{
      kind: 'chaos', role: 'guard', label: 'chaos(12.5 % errors, +20 ms in 50 %)',
      options: { enabled: 'custom', errorRatio: 0.125, error: 'default', latency: 20, latencyRatio: 0.5, when: 'every call' },
    }]);
    const others: readonly ChaosOptions[] = [{ latency: Infinity }, { latency: () => 1 }, { when: () => true, error: () => 1 }];
    const labels = others.map((one) => String(chaos({ enabled: true, ...one })));
    expect(labels).toEqual(['chaos(+∞) ▸ fn', 'chaos(latency) ▸ fn', 'chaos(nothing) ▸ fn']);
  });

  it('says which option is wrong', () => {
    expect(() => chaos({ errorRatio: 30 })).toThrow('chaos: errorRatio must be a number from 0 to 1, got 30');
    expect(() => chaos({ enabled: 1 as never })).toThrow('chaos: enabled must be true, false, or a function that says which, got 1');
    expect(() => chaos({ latency: -1 })).toThrow(RangeError);
    expect(() => chaos({ rate: 1 } as never)).toThrow('chaos has no option "rate"');
    expect(() => policy(chaos(), chaos() as never)).toThrow('a policy can have only one chaos');
  });

  it('can be part of what is simulated', async () => {
    const guard = policy(retry({ attempts: 2, delay: 100 }), chaos({ enabled: true, errorRatio: 0.5 }));
    const { summary } = await simulate({ policy: guard, load: { calls: 400, every: 10 } });
    expect(summary.failed).toBeGreaterThan(60);
    expect(summary.failed).toBeLessThan(140);
    expect(summary.attempts).toBe(summary.completed);
  });
});
