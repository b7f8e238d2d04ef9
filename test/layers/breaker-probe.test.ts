/** Half-open: who probes, how many, for how long, and what a probe's outcome does. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitOpenError,
  deadline,
  DeadlineExceededError,
  ignoring,
  policy,
  retry,
  timeout,
  type AnyPolicy,
  type BreakerOptions,
  type PolicyOf,
} from '../../src/index.ts';
import { type Fate, fateOf, linesOf, rigWithCircuit, type RigWithCircuit, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** A circuit that was opened at 0 and whose recovery time of 1 s is over, around three attempts 100 ms apart. */
async function recovered(options: BreakerOptions = {}, ...layers: AnyPolicy[]): Promise<RigWithCircuit> {
  const rigged = rigWithCircuit(
    { failureThreshold: 1, recoveryTimeout: 1_000, ...options },
    (circuit) => policy(circuit, retry({ attempts: 3, delay: 100 }), ...(layers as [])) as PolicyOf<any, any, never>,
  );
  rigged.circuit.open();
  await rigged.clock.to(1_000);
  return rigged;
}

describe('breaker', () => {
  describe('when the recovery time is over', () => {
    it.each([1, 2, 3])('A1 A15 R5 admits exactly %i of many callers in one tick, and turns the others away', async (probes) => {
      const { stage, circuit, call } = await recovered({ probes });
      const fates = Array.from({ length: 40 }, () => call());
      await flush();
      expect(stage.attempts).toHaveLength(probes);
      expect(fates.filter(({ error }) => error instanceof CircuitOpenError)).toHaveLength(40 - probes);
      expect(circuit.state).toBe('half-open');
    });

    it('B4 F6 repeats no probe, whatever retry would do', async () => {
      const { clock, stage, circuit, call } = await recovered();
      const fate = call();
      stage.at(0).reject(down);
      await clock.to(9_000);
      expect(stage.attempts).toHaveLength(1);
      expect(fate).toMatchObject({ error: down, at: 1_000 });
      expect(circuit.state).toBe('open');
    });

    it('A7 R5 one failed probe reopens it, makes the other probes stale, and takes its time anew', async () => {
      const { clock, stage, circuit, call } = await recovered({ probes: 3, successThreshold: 2, failureThreshold: 50 });
      const [first, second] = [call(), call(), call()];
      stage.at(0).resolve('one');
      await clock.to(1_500);
      stage.at(1).reject(down);
      await flush();
      expect([circuit.state, circuit.retryAfterMs]).toEqual(['open', 1_000]);
      stage.at(2).resolve('too late');
      await flush();
      expect([circuit.state, circuit.stats().stale]).toEqual(['open', 1]);
      expect([first?.value, second?.error]).toEqual(['one', down]);
    });

    it('R5 takes several successes in series where successThreshold says so, also through one slot', async () => {
      const { stage, circuit, call } = await recovered({ successThreshold: 3 });
      const states: string[] = [];
      for (let i = 0; i < 3; i++) {
        call();
        stage.at(i).resolve(i);
        await flush();
        states.push(circuit.state);
      }
      expect(states).toEqual(['half-open', 'half-open', 'closed']);
    });

    it('R5 the closing success makes the other probes stale: their failures count no more', async () => {
      const { stage, circuit, call } = await recovered({ probes: 2 });
      call();
      const other = call();
      stage.at(0).resolve(1);
      await flush();
      stage.at(1).reject(down);
      await flush();
      expect([circuit.state, circuit.failures, other.error]).toEqual(['closed', 0, down]);
    });

    it('A2 a call admitted before the opening has no say: neither its success closes nor its failure reopens', async () => {
      for (const settle of ['resolve', 'reject'] as const) {
        const clock = new VirtualClock();
        const stage = new Stage(clock);
        const circuit = breaker({ clock, failureThreshold: 1, recoveryTimeout: 1_000 });
        const call = (): Fate => fateOf(circuit.execute(stage.fn));
        call();
        circuit.open();
        await clock.to(1_000);
        call();
        stage.at(0)[settle](down);
        await flush();
        expect(circuit.state).toBe('half-open');
        stage.at(1).resolve('the probe');
        await flush();
        expect(circuit.state).toBe('closed');
      }
    });

    it('A14 closes with the first probe of a healthy downstream, from wherever it was', async () => {
      const ways: ((rig: RigWithCircuit) => void | Promise<void>)[] = [
        () => {},
        ({ call }) => void call(),
        ({ circuit }) => circuit.open(),
        ({ circuit }) => circuit.isolate().dispose(),
        ({ circuit, call }) => (call(), circuit.reset(), circuit.open()),
        async ({ call, stage }) => {
          call();
          stage.at(0).reject(down);
          await flush();
        },
      ];
      for (const way of ways) {
        const rig = await recovered({ probeLease: 1_000 });
        await way(rig);
        await rig.clock.advance(1_000);
        expect(await rig.guard.execute(() => 'up')).toBe('up');
        expect(rig.circuit.state).toBe('closed');
      }
    });
  });

  describe('when a probe says nothing', () => {
    /** After the neutral end of one probe: the slot is free, the next call is the probe, and its success closes. */
    async function nextProbes({ stage, circuit, call }: RigWithCircuit): Promise<void> {
      expect([circuit.state, circuit.isOpen(), circuit.retryAfterMs, circuit.stats().ignored]).toEqual(['half-open', false, 0, 1]);
      const next = call();
      stage.at(-1).resolve('up');
      await flush();
      expect([next.value, circuit.state]).toEqual(['up', 'closed']);
    }

    it.each([new Error('gone'), 'gone', undefined])('A5 A6 S7 its caller aborted it with %s: the slot is free at once', async (reason) => {
      const rig = await recovered();
      const controller = new AbortController();
      const fate = rig.call(controller.signal);
      controller.abort(reason);
      await flush();
      expect(fate.error).toBe(controller.signal.reason);
      await nextProbes(rig);
    });

    it('A5 S7 it failed with an error that handle ignores', async () => {
      const rig = await recovered({ handle: ignoring(TypeError) });
      const fate = rig.call();
      const bug = new TypeError('a bug');
      rig.stage.at(0).reject(bug);
      await flush();
      expect(fate.error).toBe(bug);
      await nextProbes(rig);
    });

    it('A5 S7 R14 its handle threw, which is reported', async () => {
      const reports: unknown[] = [];
      const thrown = new Error('in handle');
      const rig = await recovered({
        handle: () => {
          throw thrown;
        },
        onListenerError: (error) => reports.push(error),
      });
      const fate = rig.call();
      rig.stage.at(0).reject(down);
      await flush();
      expect([fate.error, reports]).toEqual([down, [thrown]]);
      await nextProbes(rig);
    });

    it('A5 it was aborted between becoming the probe and its attempt', async () => {
      const controller = new AbortController();
      const rig = await recovered({ onHalfOpen: () => controller.abort('gone') });
      const fate = rig.call(controller.signal);
      await flush();
      expect([fate.error, rig.stage.attempts.length]).toEqual(['gone', 0]);
      await nextProbes(rig);
    });

    it('A5 R11 a retry became the probe and was aborted before its attempt, under counts: attempts', async () => {
      const controller = new AbortController();
      const rig = await recovered({ counts: 'attempts', onHalfOpen: () => controller.abort('gone') });
      rig.circuit.reset();
      const fate = rig.call(controller.signal);
      rig.circuit.open();
      await rig.clock.advance(1_000);
      rig.stage.at(0).reject(down);
      await rig.clock.advance(100);
      expect([fate.error, rig.stage.attempts.length, rig.circuit.stats().stale]).toEqual(['gone', 1, 1]);
      await nextProbes(rig);
    });

    it('R5 the count of successes survives it', async () => {
      const rig = await recovered({ successThreshold: 2, handle: ignoring(TypeError) });
      rig.call();
      rig.stage.at(0).resolve(1);
      await flush();
      rig.call();
      rig.stage.at(1).reject(new TypeError('a bug'));
      await flush();
      expect(rig.circuit.state).toBe('half-open');
      rig.call();
      rig.stage.at(2).resolve(3);
      await flush();
      expect(rig.circuit.state).toBe('closed');
    });
  });

  describe('when the deadline cuts a probe', () => {
    it('S7 R13 is one failure: it reopens, and the next call after the recovery is the probe', async () => {
      const rig = await recovered({}, deadline(300));
      const fate = rig.call();
      await rig.clock.to(1_300);
      expect(fate.error).toBeInstanceOf(DeadlineExceededError);
      expect([rig.circuit.state, rig.circuit.failures, rig.circuit.retryAfterMs]).toEqual(['open', 1, 1_000]);
      await rig.clock.to(2_300);
      rig.call();
      rig.stage.at(1).resolve('up');
      await flush();
      expect(rig.circuit.state).toBe('closed');
    });
  });

  describe('when a probe hangs', () => {
    it('A4 R3 R5 its lease ends: the next caller takes slot and say, and the hung one loses them', async () => {
      const { clock, stage, circuit, call } = await recovered({ probeLease: 5_000 });
      const hung = call();
      await clock.to(5_999);
      expect(circuit.retryAfterMs).toBe(1);
      call();
      expect(stage.attempts).toHaveLength(1);
      await clock.to(6_000);
      expect([circuit.isOpen(), circuit.state]).toEqual([false, 'half-open']);
      call();
      stage.at(0).reject(down);
      await flush();
      expect([hung.error, circuit.state, circuit.stats().stale]).toEqual([down, 'half-open', 1]);
      stage.at(1).resolve('up');
      await flush();
      expect(circuit.state).toBe('closed');
    });

    it('R3 its lease is acted on only when another caller wants the slot', async () => {
      const { clock, stage, circuit, call } = await recovered({ probeLease: 10 });
      const probe = call();
      await clock.to(90_000);
      stage.at(0).resolve('late, and nobody came');
      await flush();
      expect([probe.value, circuit.state]).toEqual(['late, and nobody came', 'closed']);
    });

    it('R3 R5 it loses one slot; other probes keep their say', async () => {
      const { clock, stage, circuit, call } = await recovered({ probes: 2, successThreshold: 2, probeLease: 1_000 });
      call();
      await clock.to(1_500);
      call();
      await clock.to(2_000);
      call();
      stage.at(1).resolve('the second');
      stage.at(2).resolve('the third');
      await flush();
      expect(circuit.state).toBe('closed');
    });

    it.each([
      ['the recovery time, where it is longer than the timeout', 120_000, [timeout(30_000)], 120_000],
      ['the attempt timeout, where it is longer', 1_000, [timeout(30_000)], 30_000],
      ['the attempt timeout, where there is a deadline too', 1_000, [timeout(30_000), deadline(90_000)], 30_000],
      ['the deadline, where there is no timeout', 1_000, [deadline(90_000)], 90_000],
      ['60 s, where there is neither', 1_000, [], 60_000],
      ['the deadline, where the timeout never ends', 1_000, [timeout(Infinity), deadline(90_000)], 90_000],
      ['the attempt timeout, where the deadline never ends', 1_000, [timeout(30_000), deadline(Infinity)], 30_000],
      ['60 s, where the timeout never ends', 1_000, [timeout(Infinity)], 60_000],
      ['the recovery time, where there is neither and it is longer than 60 s', 120_000, [], 120_000],
    ] as const)('R3 the lease is by default %s', async (_, recoveryTimeout, layers, lease) => {
      const clock = new VirtualClock();
      const circuit = breaker({ clock, recoveryTimeout });
      const guard = policy(circuit, ...(layers as unknown as []));
      circuit.open();
      await clock.to(recoveryTimeout);
      fateOf((guard as typeof circuit).execute(new Stage(clock).fn));
      expect([circuit.state, circuit.retryAfterMs]).toEqual(['half-open', lease]);
      circuit.reset();
    });
  });

  describe('events of a probe', () => {
    it('R30 come as attempt failed, state changed, and no retry', async () => {
      const { stage, guard, call } = await recovered();
      const lines = linesOf(guard);
      call();
      stage.at(0).reject(down);
      await flush();
      expect(lines).toEqual(['open → half-open', 'attempt 1 failed', 'half-open → open']);
    });
  });
});
