/** The breaker as calls meet it: admission, opening, and what becomes of the calls around which it opens. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  consecutive,
  policy,
  retry,
  type BreakerOptions,
  type CircuitOpenError as Opened,
  type RetryOptions,
} from '../../src/index.ts';
import { failsTimes, hangs } from '../helpers/functions.ts';
import { fateOf, linesOf, microtasks, rigWithCircuit, type RigWithCircuit } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** A breaker that opens at the second failure for 1 s, around a retry of three attempts with waits of 100 ms. */
function rigged(options: BreakerOptions = {}, retrying: RetryOptions = {}): RigWithCircuit {
  return rigWithCircuit({ failureThreshold: 2, recoveryTimeout: 1_000, ...options }, (circuit) =>
    policy(circuit, retry({ attempts: 3, delay: 100, ...retrying })),
  );
}

describe('breaker', () => {
  describe('when it opens around a call', () => {
    it('R2 F5 wakes every call asleep in a backoff at that instant, each with its own last error as the cause', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fates = [call(), call(), call()];
      const errors = fates.map((_, i) => new Error(`of call ${i}`));
      errors.forEach((error, i) => stage.at(i).reject(error));
      await clock.to(40);
      circuit.open();
      await flush();
      for (const [i, fate] of fates.entries()) {
        expect(fate).toMatchObject({ state: 'error', at: 40 });
        expect(fate.error).toBeInstanceOf(CircuitOpenError);
        expect([fate.error.cause === errors[i], fate.error.retryAfterMs]).toEqual([true, 1_000]);
      }
      await clock.drain();
      expect(stage.attempts).toHaveLength(3);
      expect(clock.armed).toBe(0);
    });

    it('R2 has the last bad value as the cause where there was no error', async () => {
      const { clock, stage, circuit, call } = rigged({}, { handle: { options: { errorFilter: () => true, resultFilter: (v) => v === 'bad' } } });
      const fate = call();
      stage.at(0).resolve('bad');
      await clock.to(10);
      circuit.open();
      await flush();
      expect(fate.error).toBeInstanceOf(CircuitOpenError);
      expect(fate.error.cause).toBe('bad');
    });

    it('R1 R2 turns a call away whose attempt was in flight and would have been repeated', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fate = call();
      circuit.open();
      stage.at(0).reject(down);
      await clock.to(5_000);
      expect(fate).toMatchObject({ state: 'error', at: 0 });
      expect([fate.error instanceof CircuitOpenError, fate.error.cause]).toEqual([true, down]);
      expect(stage.attempts).toHaveLength(1);
    });

    it('R2 has no cause for a call that never attempted', async () => {
      const { circuit, call } = rigged();
      circuit.open();
      const fate = call();
      await flush();
      expect(fate.error).toBeInstanceOf(CircuitOpenError);
      expect('cause' in fate.error).toBe(false);
    });

    it('R2 lets an attempt that was the last, or is not repeated, surface its own outcome', async () => {
      const last = rigged({}, { attempts: 1 });
      const other = rigged({}, { handle: TypeError });
      for (const { circuit, stage, call } of [last, other]) {
        const fate = call();
        circuit.open();
        stage.at(0).reject(down);
        await flush();
        expect(fate.error).toBe(down);
      }
    });

    it('R2 A2 aborts no attempt in flight, and a success goes to its caller without a say', async () => {
      const { stage, circuit, call } = rigged();
      const fate = call();
      const { signal } = stage.at(0).ctx;
      circuit.open();
      expect(signal.aborted).toBe(false);
      stage.at(0).resolve('late');
      await flush();
      expect(fate.value).toBe('late');
      expect([circuit.state, circuit.failures, circuit.stats().stale]).toEqual(['open', 0, 1]);
    });

    it('A3 hears nothing of stale failures: neither the time is prolonged nor an event told', async () => {
      const { clock, stage, circuit, lines, call } = rigged({}, { attempts: 1 });
      for (let i = 0; i < 6; i++) call();
      stage.at(0).reject(down);
      stage.at(1).reject(down);
      await clock.to(400);
      for (let i = 2; i < 6; i++) stage.at(i).reject(down);
      await flush();
      expect([circuit.state, circuit.failures, circuit.retryAfterMs]).toEqual(['open', 2, 600]);
      expect(lines.filter((line) => line.includes('→'))).toEqual(['closed → open']);
    });
  });

  describe('when it moved on while a call was under way', () => {
    it('R4 goes on under a fresh permit where it closed again, and that permit is recorded', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fate = call();
      circuit.open();
      circuit.reset();
      stage.at(0).reject(down);
      await clock.to(100);
      stage.at(1).reject(down);
      await clock.to(200);
      stage.at(2).reject(down);
      await flush();
      expect(fate.error).toBe(down);
      expect([circuit.failures, circuit.stats().failed]).toEqual([1, 1]);
    });

    it('A2 R4 takes no outcome of an attempt of an earlier generation, under either way of counting', async () => {
      for (const counts of ['calls', 'attempts'] as const) {
        const { stage, circuit, call } = rigged({ counts, failureThreshold: 1 }, { attempts: 1 });
        call();
        circuit.open();
        circuit.reset();
        stage.at(0).reject(down);
        await flush();
        expect([circuit.state, circuit.failures, circuit.stats().stale]).toEqual(['closed', 0, 1]);
      }
    });

    it('R4 F6 may become the probe, which is then one attempt', async () => {
      const { clock, stage, circuit, lines, call } = rigged();
      const fate = call();
      circuit.open();
      await clock.to(1_000);
      stage.at(0).reject(down);
      await clock.to(1_100);
      expect(circuit.state).toBe('half-open');
      expect(stage.attempts).toHaveLength(2);
      const second = new Error('still down');
      stage.at(1).reject(second);
      await clock.to(9_000);
      expect(fate).toMatchObject({ error: second, at: 1_100 });
      expect(stage.attempts).toHaveLength(2);
      expect([circuit.state, circuit.failures]).toEqual(['open', 1]);
      expect(lines).toEqual([
        'closed → open',
        'attempt 1 failed',
        'retry after 1 in 100',
        'open → half-open',
        'attempt 2 failed',
        'half-open → open',
      ]);
    });

    it('R4 closes it as the probe, where it succeeds', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fate = call();
      circuit.open();
      await clock.to(1_000);
      stage.at(0).reject(down);
      await clock.to(1_100);
      stage.at(1).resolve('up');
      await flush();
      expect([fate.value, circuit.state]).toEqual(['up', 'closed']);
    });

    it('R1 turns a sleeper away whose turn comes while somebody else probes', async () => {
      const { clock, stage, circuit, call } = rigged();
      const sleeper = call();
      circuit.open();
      await clock.to(1_000);
      stage.at(0).reject(down);
      await flush();
      const probe = call();
      await clock.to(1_100);
      expect(sleeper.error).toBeInstanceOf(CircuitOpenError);
      expect(sleeper.error.cause).toBe(down);
      expect(probe.state).toBe('pending');
    });

    it('R1 turns a call away at once whose attempt fails while somebody else probes', async () => {
      const { clock, stage, circuit, call } = rigged();
      const straggler = call();
      circuit.open();
      await clock.to(1_000);
      call();
      stage.at(0).reject(down);
      await flush();
      expect(straggler).toMatchObject({ state: 'error', at: 1_000 });
      expect(straggler.error.cause).toBe(down);
    });

    it('F5 wakes a sleeper that slept into half-open when the probe fails', async () => {
      const { clock, stage, circuit, call } = rigged({}, { delay: 500 });
      const sleeper = call();
      circuit.open();
      await clock.to(1_000);
      stage.at(0).reject(down);
      await flush();
      call();
      await clock.to(1_200);
      stage.at(1).reject(down);
      await flush();
      expect(sleeper).toMatchObject({ state: 'error', at: 1_200 });
      expect(sleeper.error.cause).toBe(down);
    });
  });

  describe('when another attempt is about to start', () => {
    it.each(Array.from({ length: 12 }, (_, i) => i))('B5 F5 starts none when it opens %i microtasks after the wait', async (ticks) => {
      const timers: (() => void)[] = [];
      const clock = new VirtualClock();
      clock.setTimer = (callback) => timers.push(callback);
      clock.clearTimer = () => {};
      const circuit = breaker({ clock });
      const states: string[] = [];
      const guard = policy(circuit, retry({ delay: 1_000, attempts: 2 }));
      const fate = fateOf(
        guard.execute(async () => {
          states.push(circuit.state);
          throw down;
        }),
      );
      await flush();
      clock.time = 1_000;
      timers[0]?.();
      await microtasks(ticks);
      circuit.open();
      await flush();
      expect(states).not.toContain('open');
      expect(fate.error === down || fate.error instanceof CircuitOpenError).toBe(true);
      expect(fate.error === down).toBe(states.length === 2);
    });

    it('F5 D6 starts none when a listener of its own admission opens the circuit', async () => {
      const { clock, stage, circuit, call } = rigged({ onHalfOpen: () => circuit.open() });
      circuit.open();
      await clock.to(1_000);
      const fate = call();
      await flush();
      expect(fate.error).toBeInstanceOf(CircuitOpenError);
      expect([stage.attempts.length, circuit.state, circuit.stats().admitted]).toEqual([0, 'open', 0]);
    });

    it('D6 goes on under the closed circuit when a listener of its own admission resets it', async () => {
      const { clock, stage, circuit, call } = rigged({ onHalfOpen: () => circuit.reset() }, { attempts: 1 });
      circuit.open();
      await clock.to(1_000);
      const fate = call();
      stage.at(0).reject(down);
      await flush();
      expect(fate.error).toBe(down);
      expect([circuit.state, circuit.failures]).toEqual(['closed', 1]);
    });

    it('F5 goes no further when the delay function opens it', async () => {
      const { clock, stage, circuit, lines, call } = rigged({}, { delay: () => (circuit.open(), 1_000) });
      const fate = call();
      stage.at(0).reject(down);
      await flush();
      expect(fate).toMatchObject({ state: 'error', at: 0 });
      expect(fate.error.cause).toBe(down);
      expect(lines).toEqual(['attempt 1 failed', 'closed → open', 'rejected by breaker: CircuitOpenError']);
      expect(clock.armed).toBe(0);
    });
  });

  describe('what is read of it', () => {
    it('R6 F7 reads in every state as calls find it', async () => {
      const { clock, stage, circuit, call } = rigged({ probeLease: 2_000 }, { attempts: 1 });
      const reads = (): unknown[] => [circuit.state, circuit.isOpen(), circuit.retryAfterMs, circuit.failures];
      expect(reads()).toEqual(['closed', false, 0, 0]);
      call();
      call();
      stage.at(0).reject(down);
      await flush();
      expect(reads()).toEqual(['closed', false, 0, 1]);
      stage.at(1).reject(down);
      await flush();
      expect(reads()).toEqual(['open', true, 1_000, 2]);
      await clock.to(999.4);
      expect(reads()).toEqual(['open', true, 1, 2]);
      await clock.to(1_000);
      expect(reads()).toEqual(['open', false, 0, 2]);
      call();
      expect(reads()).toEqual(['half-open', true, 2_000, 2]);
      stage.at(2).reject(down);
      await flush();
      expect(reads()).toEqual(['open', true, 1_000, 3]);
      const handle = circuit.isolate();
      expect(reads()).toEqual(['isolated', true, Infinity, 3]);
      handle.dispose();
      expect(reads()).toEqual(['closed', false, 0, 0]);
    });

    it('F7 isOpen() foretells every admission', async () => {
      const { clock, circuit, guard } = rigged({ probes: 2, successThreshold: 3 }, { attempts: 1 });
      const met: boolean[] = [];
      const foretold: boolean[] = [];
      const step = async (fn: () => unknown): Promise<void> => {
        foretold.push(circuit.isOpen());
        let ran = false;
        fateOf(
          guard.execute(() => {
            ran = true;
            return fn();
          }),
        );
        met.push(!ran);
        await flush();
      };
      const fails = (): Promise<never> => Promise.reject(down);
      for (const fn of [fails, fails, fails]) await step(fn);
      await clock.to(1_000);
      for (const fn of [hangs, hangs, hangs]) await step(fn);
      await clock.to(62_000);
      for (const fn of [() => 1, fails, fails]) await step(fn);
      expect(met).toEqual(foretold);
      expect(met).toEqual([false, false, true, false, false, true, false, false, true]);
    });

    it('R6 tells at least 1 ms in an error, and whole seconds', async () => {
      const { clock, circuit, call } = rigged();
      circuit.open();
      await clock.to(999.9);
      const fate = call();
      await flush();
      const error = fate.error as Opened;
      expect([error.retryAfterMs, error.retryAfter]).toEqual([1, 1]);
    });

    it('counts what happened, for a dashboard', async () => {
      const { clock, stage, circuit, call } = rigged({ handle: Error }, { attempts: 1 });
      call();
      call();
      call();
      call();
      stage.at(0).resolve(1);
      stage.at(1).reject('not an Error');
      await flush();
      stage.at(2).reject(down);
      stage.at(3).reject(down);
      await flush();
      call();
      await clock.to(1_000);
      expect(circuit.stats()).toEqual({ admitted: 4, rejected: 1, succeeded: 1, failed: 2, ignored: 1, stale: 0, opened: 1 });
      const before = circuit.stats();
      circuit.open();
      expect([before.opened, circuit.stats().opened]).toEqual([1, 1]);
    });
  });

  describe('its transitions', () => {
    it('A8 form a chain, one event each, in order, for callbacks, onStateChange and every policy of it', async () => {
      const heard: string[] = [];
      const clock = new VirtualClock();
      const circuit = breaker({
        clock,
        failureThreshold: 1,
        recoveryTimeout: 10,
        onOpen: ({ from, to }) => heard.push(`onOpen ${from} → ${to}`),
        onHalfOpen: ({ from, to }) => heard.push(`onHalfOpen ${from} → ${to}`),
        onClose: ({ from, to }) => heard.push(`onClose ${from} → ${to}`),
      });
      const one = linesOf(policy(circuit, retry()));
      const two = linesOf(circuit);
      const changes: string[] = [];
      circuit.onStateChange(({ from, to }) => changes.push(`${from} → ${to}`));
      const fn = failsTimes(2, 'up');
      await circuit.execute(fn).catch(() => {});
      await clock.to(10);
      await circuit.execute(fn).catch(() => {});
      await clock.to(20);
      await circuit.execute(fn);
      const chain = ['closed → open', 'open → half-open', 'half-open → open', 'open → half-open', 'half-open → closed'];
      expect(changes).toEqual(chain);
      expect(one).toEqual(chain);
      expect(two.filter((line) => line.includes('→'))).toEqual(chain);
      expect(heard).toEqual(['onOpen', 'onHalfOpen', 'onOpen', 'onHalfOpen', 'onClose'].map((name, i) => `${name} ${chain[i]}`));
    });

    it('A9 R30 stand, with the fate of every sleeper, before the first listener runs', async () => {
      const { stage, circuit, call } = rigged({ counts: 'attempts' });
      const seen: unknown[] = [];
      circuit.onStateChange(({ to }) => seen.push(to, circuit.state, circuit.isOpen(), circuit.stats().rejected));
      call();
      call();
      stage.at(0).reject(down);
      await flush();
      stage.at(1).reject(down);
      await flush();
      expect(seen).toEqual(['open', 'open', true, 2]);
    });

    it('R30 come after the failure that caused them and before what it does to calls', async () => {
      const { stage, lines, call } = rigged({ counts: 'attempts' });
      call();
      call();
      stage.at(0).reject(down);
      await flush();
      stage.at(1).reject(down);
      await flush();
      expect(lines).toEqual([
        'attempt 1 failed',
        'retry after 1 in 100',
        'attempt 1 failed',
        'closed → open',
        'rejected by breaker: CircuitOpenError',
        'rejected by breaker: CircuitOpenError',
      ]);
    });

    it('stop being told to a policy whose last listener has gone', async () => {
      const circuit = breaker();
      const heard: string[] = [];
      const first = circuit.onEvent(({ type }) => heard.push(type));
      circuit.open();
      first.dispose();
      circuit.reset();
      expect(heard).toEqual(['state-changed']);
    });
  });

  describe('its clock', () => {
    it('R29 is the one of the policy that it is part of, where it names none', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ recoveryTimeout: 1_000 });
      expect(circuit.state).toBe('closed');
      const guard = policy(circuit, { clock });
      circuit.open();
      await clock.to(600);
      expect(circuit.retryAfterMs).toBe(400);
      expect(guard.circuit).toBe(circuit);
    });

    it('R29 is one: a policy with another one is refused, also one that comes when it has opened', () => {
      const opened = breaker();
      opened.open();
      expect(() => policy(opened, { clock: new VirtualClock() })).toThrow(/^a breaker has one clock/);
      const shared = breaker();
      policy(shared, { clock: new VirtualClock() });
      for (const circuit of [breaker({ clock: new VirtualClock() }), shared]) {
        expect(() => policy(circuit, { clock: new VirtualClock() })).toThrow(/^a policy has one clock/);
      }
    });

    it('R29 is the clock of every later policy that it is part of, also where it took it over', async () => {
      const clock = new VirtualClock();
      const shared = breaker();
      policy(shared, { clock });
      const fate = fateOf(policy(shared, retry({ attempts: 2, delay: 100 })).execute(() => Promise.reject(down)), clock);
      await clock.to(100);
      expect([fate.at, fate.error]).toEqual([100, down]);
    });
  });

  it('takes failureThreshold or trip, not both', () => {
    expect(() => breaker({ failureThreshold: 1, trip: consecutive(1) })).toThrow('give one of them');
  });

  describe('when a recovery time of the user resets it while it opens', () => {
    it('D6 stays closed, and nobody who sleeps is turned away', async () => {
      const { clock, stage, circuit, call } = rigged({
        recoveryTimeout: { next: () => (circuit.reset(), { duration: 5, next: () => null }) },
      });
      const fate = call();
      stage.at(0).reject(down);
      await clock.to(50);
      circuit.open();
      expect(circuit.state).toBe('closed');
      await clock.to(100);
      stage.at(1).resolve('up');
      await flush();
      expect(fate.value).toBe('up');
    });
  });

  describe('when the trip rule of the user throws', () => {
    it('D5 leaves the outcome to the caller, trips nothing, and reports', async () => {
      const reports: unknown[] = [];
      const trouble = new Error('rule');
      const throwing = (): never => {
        throw trouble;
      };
      const circuit = breaker({ trip: { state: 0, success: throwing, failure: throwing }, onListenerError: (error) => reports.push(error) });
      expect(await circuit.execute(() => 1)).toBe(1);
      await expect(circuit.execute(() => Promise.reject(down))).rejects.toBe(down);
      circuit.open();
      circuit.reset();
      expect(circuit.state).toBe('closed');
      expect(reports).toEqual([trouble, trouble, trouble]);
    });
  });
});
