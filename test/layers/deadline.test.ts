/** The deadline of a call: what it cuts, which waits it refuses, and how deadlines nest and are shared. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  deadlineIn,
  fallback,
  policy,
  results,
  retry,
  retryBudget,
  timeout,
  TimeoutError,
} from '../../src/index.ts';
import { fateOf, linesOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

function stagedAt(): { clock: VirtualClock; stage: Stage } {
  const clock = new VirtualClock();
  return { clock, stage: new Stage(clock) };
}

describe('deadline', () => {
  it('R20 R13 cuts the attempt under way, which is one failed attempt and one failure', async () => {
    for (const counts of ['calls', 'attempts'] as const) {
      const { clock, stage } = stagedAt();
      const circuit = breaker({ clock, counts });
      const guard = policy(circuit, deadline(100), retry({ attempts: 9, delay: 0 }));
      const lines = linesOf(guard);
      const fate = fateOf(guard.execute(stage.fn), clock);
      const { signal } = stage.at(0).ctx;
      await clock.to(100);
      expect(fate.error).toBeInstanceOf(DeadlineExceededError);
      expect([fate.at, fate.error.attempts, 'cause' in fate.error, signal.reason === fate.error]).toEqual([100, 1, false, true]);
      expect([circuit.failures, circuit.stats().failed, stage.attempts.length, clock.armed]).toEqual([1, 1, 1, 0]);
      expect(lines).toEqual(['attempt 1 failed']);
    }
  });

  it('R20 ends a retry without waits and without an end of its own', async () => {
    const { clock, stage } = stagedAt();
    const guard = policy(deadline(100, { clock }), retry({ attempts: Infinity, delay: 0 }));
    const fate = fateOf(guard.execute(stage.fn), clock);
    stage.at(0).reject(down);
    await clock.to(100);
    expect([fate.error instanceof DeadlineExceededError, stage.attempts.length]).toEqual([true, 2]);
  });

  it('R20 starts no attempt when a function without waits has used the time up, and says why', async () => {
    const { clock } = stagedAt();
    let calls = 0;
    const guard = policy(deadline(100, { clock }), retry({ attempts: Infinity, delay: 0 }));
    const lines = linesOf(guard);
    const failing = (): never => {
      calls += 1;
      clock.time += 50;
      throw down;
    };
    const error = await guard.execute(failing).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect([(error as Error).cause, calls]).toEqual([down, 2]);
    expect(lines).toEqual(['attempt 1 failed', 'retry after 1 in 0', 'attempt 2 failed', 'rejected by deadline: DeadlineExceededError']);
  });

  it('R20 R13 starts and counts no attempt when a wait ended late, and says why', async () => {
    const timers: (() => void)[] = [];
    const { clock, stage } = stagedAt();
    clock.setTimer = (callback) => timers.push(callback);
    clock.clearTimer = () => {};
    const circuit = breaker({ clock, counts: 'attempts' });
    const guard = policy(circuit, deadline(100), retry({ delay: 50 }));
    const lines = linesOf(guard);
    const fate = fateOf(guard.execute(stage.fn));
    stage.at(0).reject(down);
    await flush();
    clock.time = 102;
    timers.at(-1)?.();
    await flush();
    expect([fate.error instanceof DeadlineExceededError, fate.error.cause, fate.error.attempts]).toEqual([true, down, 1]);
    expect([circuit.failures, stage.attempts.length]).toEqual([1, 1]);
    expect(lines).toEqual(['attempt 1 failed', 'retry after 1 in 50', 'rejected by deadline: DeadlineExceededError']);
  });

  it('R20 a wait fits only if it ends before the deadline', async () => {
    for (const [delay, fits] of [
      [99, true],
      [100, false],
      [101, false],
    ] as const) {
      const { clock, stage } = stagedAt();
      const fate = fateOf(policy(deadline(100, { clock }), retry({ delay })).execute(stage.fn), clock);
      stage.at(0).reject(down);
      await flush();
      expect(fate.state).toBe(fits ? 'pending' : 'error');
      if (!fits) expect([fate.error instanceof DeadlineExceededError, fate.error.cause]).toEqual([true, down]);
      await clock.drain();
    }
  });

  it('R18 R20 a cut attempt is a failure that retry would have repeated: it costs a token', async () => {
    const { clock, stage } = stagedAt();
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    const fate = fateOf(policy(deadline(100, { clock }), retry({ budget })).execute(stage.fn));
    await clock.to(100);
    expect([fate.state, budget.tokens]).toEqual(['error', 9]);
  });

  it('R20 says what the attempt before came to where it cuts a later one', async () => {
    for (const [handle, end, cause] of [
      [undefined, 'reject', down],
      [results((value) => value === 'bad'), 'resolve', 'bad'],
    ] as const) {
      const { clock, stage } = stagedAt();
      const fate = fateOf(policy(deadline(100, { clock }), retry({ delay: 10, handle })).execute(stage.fn), clock);
      stage.at(0)[end](cause);
      await clock.to(100);
      expect([fate.error.attempts, fate.error.cause]).toEqual([2, cause]);
    }
    const { clock, stage } = stagedAt();
    const alone = fateOf(policy(deadline(100, { clock }), retry()).execute(stage.fn), clock);
    await clock.to(100);
    expect([alone.error.attempts, 'cause' in alone.error]).toEqual([1, false]);
  });

  it('R20 clips the attempt’s timeout; where both are equal the error says deadline', async () => {
    const { clock, stage } = stagedAt();
    const guard = policy(deadline(100, { clock }), retry({ attempts: 3, delay: 10 }), timeout(60));
    const fate = fateOf(guard.execute(stage.fn), clock);
    await clock.to(100);
    expect([stage.starts, fate.at, fate.error instanceof DeadlineExceededError]).toEqual([[0, 70], 100, true]);
    for (const [ms, kind] of [
      [99, TimeoutError],
      [100, DeadlineExceededError],
      [101, DeadlineExceededError],
    ] as const) {
      const both = fateOf(policy(deadline(100, { clock }), timeout(ms)).execute(stage.fn), clock);
      await clock.advance(100);
      expect(both.error).toBeInstanceOf(kind);
    }
  });

  it('R13 one that ran out before the first attempt is a local rejection: not counted, not retried, answered', async () => {
    const { clock, stage } = stagedAt();
    const shared = deadlineIn(100, { clock });
    const circuit = breaker({ clock, failureThreshold: 1 });
    const guard = policy(circuit, deadline(shared), retry({ delay: 0 }));
    const lines = linesOf(guard);
    await clock.to(100);
    const error: unknown = await guard.execute(stage.fn).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeadlineExceededError);
    expect([(error as DeadlineExceededError).attempts, (error as DeadlineExceededError).isLocalRejection]).toEqual([0, true]);
    expect([stage.attempts.length, circuit.state, circuit.stats().ignored]).toEqual([0, 'closed', 1]);
    expect(lines).toEqual(['rejected by deadline: DeadlineExceededError']);
    expect(await policy(guard, fallback('instead')).execute(stage.fn)).toBe('instead');
  });

  it('R20 begins when the call enters, in every call anew; a shared one is one point in time', async () => {
    const { clock, stage } = stagedAt();
    const own = deadline(100, { clock });
    const shared = deadline(deadlineIn(150, { clock }), { clock });
    await clock.to(60);
    const fates = [fateOf(own.execute(stage.fn), clock), fateOf(shared.execute(stage.fn), clock)];
    await clock.to(70);
    fates.push(fateOf(own.execute(stage.fn), clock), fateOf(shared.execute(stage.fn), clock));
    await clock.to(1_000);
    expect(fates.map(({ at }) => at)).toEqual([160, 150, 170, 150]);
  });

  it.each([
    [100, 60, 60],
    [60, 100, 60],
  ])('S17 nested ones (%i around %i) take the smaller', async (outside, inside, at) => {
    const { clock, stage } = stagedAt();
    const inner = deadline(inside, { clock });
    const fate = fateOf(deadline(outside, { clock }).wrap(inner.wrapWithContext(stage.fn))(), clock);
    await clock.to(1_000);
    expect([fate.at, fate.error instanceof DeadlineExceededError, clock.armed]).toEqual([at, true, 0]);
    expect(stage.at(0).ctx.signal.aborted).toBe(true);
  });

  it('S17 a wait of the inner retry reads the deadline of the outer policy', async () => {
    const { clock, stage } = stagedAt();
    const inner = retry({ clock, delay: 200 });
    const fate = fateOf(deadline(100, { clock }).wrap(inner.wrapWithContext(stage.fn))(), clock);
    stage.at(0).reject(down);
    await flush();
    expect([fate.at, fate.error instanceof DeadlineExceededError, fate.error.cause]).toEqual([0, true, down]);
  });

  it('never ends a call where it is Infinity', async () => {
    const { clock, stage } = stagedAt();
    const fate = fateOf(deadline(Infinity, { clock }).execute(stage.fn), clock);
    expect(clock.armed).toBe(0);
    stage.at(0).resolve('up');
    await flush();
    expect(fate.value).toBe('up');
  });

  it.each([
    ['a text', '5', TypeError],
    ['NaN', NaN, RangeError],
    ['nothing', undefined, TypeError],
  ])('rejects a call whose shared deadline has %s left', async (_, remainingMs, kind) => {
    const { stage } = stagedAt();
    const fate = fateOf(deadline({ remainingMs } as never).execute(stage.fn));
    await flush();
    expect(fate.error).toBeInstanceOf(kind);
    expect(fate.error.message).toContain('remainingMs');
    expect(stage.attempts).toHaveLength(0);
  });

  it('takes a negative rest for none', async () => {
    await expect(deadline({ remainingMs: -5 }).execute(() => 1)).rejects.toBeInstanceOf(DeadlineExceededError);
  });

  it.each([0, -1, NaN, '5', null, {}])('refuses %s', (within) => {
    expect(() => deadline(within as number)).toThrow('deadline: within');
  });
});

describe('deadlineIn', () => {
  it('counts down to 0, and not below', async () => {
    const clock = new VirtualClock();
    const soon = deadlineIn(100, { clock });
    await clock.to(40);
    expect(soon.remainingMs).toBe(60);
    await clock.to(500);
    expect(soon.remainingMs).toBe(0);
  });

  it('takes the host’s clock by default, and refuses what is no duration', () => {
    expect(deadlineIn(50_000).remainingMs).toBeGreaterThan(40_000);
    expect(() => deadlineIn(-1)).toThrow(RangeError);
    expect(() => deadlineIn('5' as never)).toThrow(TypeError);
  });
});
