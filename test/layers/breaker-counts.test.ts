/** What the breaker records: calls or attempts, alone and nested, and as others' parts judge it. */
import * as three from 'cockatiel';
import * as four from 'cockatiel4';
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  fallback,
  ignoring,
  policy,
  results,
  retry,
  timeout,
  TimeoutError,
  type Breaker,
} from '../../src/index.ts';
import { failsTimes, hangs } from '../helpers/functions.ts';
import { fateOf, linesOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');
const fails = (): Promise<never> => Promise.reject(down);

describe('breaker', () => {
  describe("counts: 'calls'", () => {
    it('B3 F4 records a call as one, however many attempts it took and whatever the fallback answers', async () => {
      const circuit = breaker({ failureThreshold: 3 });
      const guard = policy(circuit, retry({ attempts: 4, delay: 0 }), fallback('instead'));
      expect([await guard.execute(fails), circuit.failures]).toEqual(['instead', 1]);
      expect([await guard.execute(failsTimes(3, 'up')), circuit.failures]).toEqual(['up', 0]);
      await guard.execute(fails);
      await guard.execute(fails);
      expect(circuit.state).toBe('closed');
      await guard.execute(fails);
      expect([circuit.state, circuit.stats()]).toEqual([
        'open',
        { admitted: 5, rejected: 0, succeeded: 1, failed: 4, ignored: 0, stale: 0, opened: 1 },
      ]);
    });

    it('D11 F4 records the outcome before the fallback runs, and never its answer', async () => {
      const circuit = breaker({ failureThreshold: 1 });
      const seen: unknown[] = [];
      const guard = policy(circuit, fallback(() => seen.push(circuit.state, circuit.stats().succeeded)));
      await guard.execute(fails);
      await guard.execute(() => 'never runs');
      expect(seen).toEqual(['open', 0, 'open', 0]);
      expect(circuit.stats().succeeded).toBe(0);
    });

    it('R15 takes over what retry said of a value', async () => {
      const circuit = breaker({ failureThreshold: 1 });
      const guard = policy(circuit, retry({ attempts: 2, delay: 0, handle: results((n) => n === 0) }));
      expect([await guard.execute(() => 0), circuit.state]).toEqual([0, 'open']);
    });
  });

  describe("counts: 'attempts'", () => {
    it('F4 R11 records every attempt, and the call as a whole not again', async () => {
      const circuit = breaker({ failureThreshold: 9, counts: 'attempts' });
      const guard = policy(circuit, retry({ attempts: 3, delay: 0 }));
      await guard.execute(fails).catch(() => {});
      expect([circuit.failures, circuit.stats().failed]).toEqual([3, 3]);
      await guard.execute(failsTimes(2, 'F F S'));
      expect([circuit.failures, circuit.stats()]).toEqual([
        0,
        { admitted: 2, rejected: 0, succeeded: 1, failed: 5, ignored: 0, stale: 0, opened: 0 },
      ]);
    });

    it('R11 one poison call opens it where the threshold is not above attempts, in the middle of the call', async () => {
      const circuit = breaker({ failureThreshold: 3, counts: 'attempts' });
      const fn = failsTimes(99, 0);
      const outcome = await policy(circuit, retry({ attempts: 5, delay: 0 })).execute(fn).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(CircuitOpenError);
      expect((outcome as Error).cause).toEqual(new Error('failure 3'));
      expect(fn.calls).toBe(3);
    });

    it('R2 the attempt that opened it surfaces its own error where it was the last', async () => {
      const circuit = breaker({ failureThreshold: 3, counts: 'attempts' });
      await expect(policy(circuit, retry({ attempts: 3, delay: 0 })).execute(fails)).rejects.toBe(down);
      expect(circuit.state).toBe('open');
    });

    it('F4 counts the same without a retry inside', async () => {
      const circuit = breaker({ failureThreshold: 9, counts: 'attempts' });
      await circuit.execute(fails).catch(() => {});
      await circuit.execute(() => Promise.reject(down)).catch(() => {});
      expect(circuit.failures).toBe(2);
    });

    it('F3 counts the same in a synchronous call', () => {
      const circuit = breaker({ failureThreshold: 9, counts: 'attempts' });
      const guard = policy(circuit, retry({ attempts: 3, delay: 0 }));
      expect(() =>
        guard.executeSync(() => {
          throw down;
        }),
      ).toThrow(down);
      expect(circuit.failures).toBe(3);
    });

    it('R14 R15 takes over what the retry inside ignores', async () => {
      const circuit = breaker({ failureThreshold: 1, counts: 'attempts' });
      await policy(circuit, retry({ handle: ignoring(Error) })).execute(fails).catch(() => {});
      expect([circuit.state, circuit.stats().ignored]).toEqual(['closed', 1]);
    });
  });

  describe('nested in itself', () => {
    it('R26 passes unguarded: one call is one record', async () => {
      const circuit = breaker({ failureThreshold: 9 });
      const inner = policy(circuit, retry({ attempts: 2, delay: 0 }));
      const outer = policy(circuit, retry({ attempts: 3, delay: 0 }));
      const fn = failsTimes(99, 0);
      await outer.wrap(inner.wrap(fn))().catch(() => {});
      expect([fn.calls, circuit.failures, circuit.stats().admitted]).toEqual([6, 1, 1]);
    });

    it('R26 R11 counts each attempt of the inner retry once', async () => {
      const circuit = breaker({ failureThreshold: 99, counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 0 }));
      const outer = policy(circuit, retry({ attempts: 3, delay: 0 }));
      await outer.wrap(inner.wrap(fails))().catch(() => {});
      expect([circuit.failures, circuit.stats().failed]).toEqual([6, 6]);
    });

    it('R11 counts an attempt that the outer timeout cut, and not the inner call that it cancelled', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ clock, failureThreshold: 99, counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 0 }));
      const outer = policy(circuit, retry({ attempts: 2, delay: 0 }), timeout(100));
      const fate = fateOf(outer.wrap(inner.wrap(hangs))());
      await clock.to(200);
      expect(fate.error).toBeInstanceOf(TimeoutError);
      expect([circuit.failures, circuit.stats().ignored]).toEqual([2, 0]);
    });

    it('R11 counts it also where there is no outer retry, and an inner attempt before it', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock, failureThreshold: 99, counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 10 }));
      const fate = fateOf(policy(circuit, timeout(100)).wrap(inner.wrapWithContext(stage.fn))());
      stage.at(0).reject(down);
      await clock.to(100);
      expect(fate.error).toBeInstanceOf(TimeoutError);
      expect([stage.attempts.length, circuit.failures]).toEqual([2, 2]);
    });

    it('R11 does not count it again where the inner retry was asleep', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ clock, failureThreshold: 99, counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 1_000 }));
      const fate = fateOf(policy(circuit, timeout(100)).wrap(inner.wrap(fails))());
      await clock.to(100);
      expect(fate.error).toBeInstanceOf(TimeoutError);
      expect([circuit.failures, clock.armed]).toEqual([1, 0]);
    });

    it('A5 S7 frees the slot of an inner retry that became the probe, where the caller aborts', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock, recoveryTimeout: 10, counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 10 }));
      const controller = new AbortController();
      const fate = fateOf(circuit.wrap(inner.wrapWithContext(stage.fn), { signal: controller.signal })());
      circuit.open();
      await clock.to(10);
      stage.at(0).reject(down);
      await clock.to(20);
      expect([circuit.state, circuit.isOpen()]).toEqual(['half-open', true]);
      controller.abort('gone');
      await flush();
      expect([fate.error, circuit.state, circuit.isOpen()]).toEqual(['gone', 'half-open', false]);
    });

    it.each(['calls', 'attempts'] as const)('F6 R26 as a probe it is one attempt, also inside (counts: %s)', async (counts) => {
      const clock = new VirtualClock();
      const circuit = breaker({ clock, counts, recoveryTimeout: 10 });
      const again = policy(circuit, retry({ attempts: 3, delay: 0 }));
      const fn = failsTimes(99, 0);
      circuit.open();
      await clock.to(10);
      await again.wrap(again.wrap(fn))().catch(() => {});
      expect([fn.calls, circuit.state, circuit.failures]).toEqual([1, 'open', 1]);
    });

    it('B5 stops the inner retry, too, when it opens', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const circuit = breaker({ clock });
      const inner = policy(circuit, retry({ delay: 100 }));
      const fate = fateOf(policy(circuit, retry({ delay: 100 })).wrap(inner.wrapWithContext(stage.fn))(), clock);
      stage.at(0).reject(down);
      await clock.to(50);
      circuit.open();
      await clock.to(9_000);
      expect(fate).toMatchObject({ state: 'error', at: 50 });
      expect([fate.error instanceof CircuitOpenError, fate.error.cause, stage.attempts.length]).toEqual([true, down, 1]);
    });
  });

  describe('nested in itself, synchronously', () => {
    it('R26 F3 passes unguarded: one record, and as a probe one slot', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ clock, recoveryTimeout: 10 });
      const twice = circuit.wrapSync(circuit.wrapSync((fail: boolean) => {
        if (fail) throw down;
        return 'up';
      }));
      expect(() => twice(true)).toThrow(down);
      expect([circuit.failures, circuit.stats().admitted]).toEqual([1, 1]);
      circuit.open();
      await clock.to(10);
      expect([twice(false), circuit.state]).toEqual(['up', 'closed']);
    });

    it('R26 also where only the inner one is synchronous', async () => {
      const circuit = breaker({ failureThreshold: 9 });
      const inner = policy(circuit, retry({ attempts: 2, delay: 0 }));
      const wrapped = policy(circuit, retry({ attempts: 3, delay: 0 })).wrap(inner.wrapSync((): string => {
        throw down;
      }));
      await expect(wrapped()).rejects.toBe(down);
      expect([circuit.failures, circuit.stats().admitted]).toEqual([1, 1]);
    });
  });

  describe('nested in another', () => {
    it('R11 each counts its own attempts', async () => {
      const [a, b] = [breaker({ counts: 'attempts', failureThreshold: 99 }), breaker({ counts: 'attempts', failureThreshold: 99 })];
      const outer = policy(a, retry({ attempts: 3, delay: 0 }));
      const inner = policy(b, retry({ attempts: 2, delay: 0 }));
      await outer.wrap(inner.wrap(fails))().catch(() => {});
      expect([a.failures, b.failures]).toEqual([3, 6]);
    });

    it('R11 R26 also with the same one once more inside that', async () => {
      const [a, b] = [breaker({ counts: 'attempts', failureThreshold: 99 }), breaker({ counts: 'attempts', failureThreshold: 99 })];
      const outer = policy(a, retry({ attempts: 2, delay: 0 }));
      const middle = policy(b, retry({ attempts: 2, delay: 0 }));
      await outer.wrap(middle.wrap(outer.wrap(fails)))().catch(() => {});
      expect([a.failures, b.failures]).toEqual([8, 4]);
    });

    it('B2 R13 an open circuit inside is neither retried nor counted outside', async () => {
      const [a, b] = [breaker({ failureThreshold: 1 }), breaker()];
      const fn = failsTimes(0, 'up');
      b.open();
      const outer = policy(a, retry({ attempts: 3, delay: 0 }));
      const lines = linesOf(outer);
      await expect(outer.wrap(b.wrap(fn))()).rejects.toBeInstanceOf(CircuitOpenError);
      expect([fn.calls, a.state, a.stats().ignored, lines]).toEqual([0, 'closed', 1, []]);
    });
  });

  describe.each([
    ['cockatiel 3.2', three],
    ['cockatiel 4', four as unknown as typeof three],
  ])('with parts of %s', (_, theirs) => {
    async function until(circuit: Breaker, outcomes: string): Promise<string[]> {
      const states: string[] = [];
      for (const outcome of outcomes) {
        await circuit.execute(() => (outcome === 'F' ? fails() : 'S')).catch(() => {});
        states.push(circuit.state);
      }
      return states;
    }

    it('takes a ConsecutiveBreaker as trip, which forgets when the circuit closes', async () => {
      const circuit = breaker({ trip: new theirs.ConsecutiveBreaker(3) });
      expect(await until(circuit, 'FFSFFF')).toEqual(['closed', 'closed', 'closed', 'closed', 'closed', 'open']);
      circuit.reset();
      expect(await until(circuit, 'FFF')).toEqual(['closed', 'closed', 'open']);
    });

    it('takes a CountBreaker as trip', async () => {
      const circuit = breaker({ trip: new theirs.CountBreaker({ threshold: 0.5, size: 4, minimumNumberOfCalls: 4 }) });
      expect((await until(circuit, 'SSSFFF')).at(-1)).toBe('open');
    });

    it('R8 takes an ExponentialBackoff as recoveryTimeout', async () => {
      const clock = new VirtualClock();
      const backoff = new theirs.ExponentialBackoff({ initialDelay: 100, exponent: 2, maxDelay: 1_000, generator: theirs.noJitterGenerator });
      const circuit = breaker({ clock, failureThreshold: 1, recoveryTimeout: backoff });
      const times: number[] = [];
      for (let i = 0; i < 3; i++) {
        await circuit.execute(fails).catch(() => {});
        times.push(circuit.retryAfterMs);
        await clock.advance(circuit.retryAfterMs);
      }
      expect(times).toEqual([100, 200, 400]);
    });

    it('R14 takes a filter as handle: what it does not name is ignored, and values are asked about', async () => {
      const handle = theirs.handleType(TypeError).orWhenResult((value) => value === 'bad');
      const circuit = breaker({ failureThreshold: 2, handle });
      await circuit.execute(fails).catch(() => {});
      expect(circuit.stats().ignored).toBe(1);
      await circuit.execute(() => Promise.reject(new TypeError('a bug'))).catch(() => {});
      await circuit.execute(() => 'bad');
      expect(circuit.state).toBe('open');
    });

    it('takes a ConstantBackoff as delay, and handleAll in a retry', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const guard = retry({ clock, delay: new theirs.ConstantBackoff(250), handle: theirs.handleAll });
      const fate = fateOf(guard.execute(stage.fn), clock);
      for (let i = 0; i < 3; i++) {
        stage.at(i).reject(down);
        await clock.advance(250);
      }
      await flush();
      expect([fate.error, stage.starts]).toEqual([down, [0, 250, 500]]);
    });
  });
});
