/** What people do to a circuit while calls are under it, and what it saves: R7 to R10 through real calls. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  CircuitIsolatedError,
  CircuitOpenError,
  constant,
  exponential,
  policy,
  retry,
  timeout,
  type BreakerOptions,
  type CircuitSnapshot,
} from '../../src/index.ts';
import { fateOf, rigWithCircuit, type RigWithCircuit, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

function rigged(options: BreakerOptions = {}): RigWithCircuit {
  return rigWithCircuit({ failureThreshold: 2, recoveryTimeout: 1_000, ...options }, (circuit) =>
    policy(circuit, retry({ attempts: 3, delay: 100 }), timeout(10_000)),
  );
}

describe('breaker', () => {
  describe('open()', () => {
    it('R7 wakes sleepers, also those who fell asleep when the recovery time was over', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fate = call();
      circuit.open();
      await clock.to(1_000);
      stage.at(0).reject(down);
      await clock.to(1_050);
      expect(fate.state).toBe('pending');
      circuit.open();
      await flush();
      expect(fate.error).toBeInstanceOf(CircuitOpenError);
      expect([fate.error.cause, fate.error.retryAfterMs, fate.at]).toEqual([down, 1_000, 1_050]);
    });

    it('R7 makes a probe in flight stale: its caller gets its outcome, the circuit does not', async () => {
      const { clock, stage, circuit, call } = rigged();
      circuit.open();
      await clock.to(1_000);
      const fate = call();
      circuit.open();
      stage.at(0).resolve('up');
      await flush();
      expect([fate.value, circuit.state, circuit.retryAfterMs]).toEqual(['up', 'open', 1_000]);
    });
  });

  describe('reset()', () => {
    it('R7 R4 forgets everything; a call asleep goes on under a fresh permit', async () => {
      const { clock, stage, circuit, call } = rigged();
      const fate = call();
      stage.at(0).reject(down);
      await clock.to(50);
      circuit.reset();
      await clock.to(100);
      expect(stage.attempts).toHaveLength(2);
      stage.at(1).resolve('up');
      await flush();
      expect([fate.value, circuit.stats().succeeded, circuit.stats().stale]).toEqual(['up', 1, 0]);
    });

    it('R7 does not let a probe in flight close, reopen or be repeated', async () => {
      const { clock, stage, circuit, call } = rigged({ failureThreshold: 1 });
      circuit.open();
      await clock.to(1_000);
      const fate = call();
      circuit.reset();
      stage.at(0).reject(down);
      await clock.to(2_000);
      expect([fate.error, stage.attempts.length, circuit.state, circuit.failures]).toEqual([down, 1, 'closed', 0]);
    });
  });

  describe('isolate()', () => {
    it('R7 A13 wakes and rejects sleepers, and refuses calls, with CircuitIsolatedError', async () => {
      const { stage, circuit, lines, call } = rigged();
      const sleeper = call();
      const running = call();
      stage.at(0).reject(down);
      await flush();
      circuit.isolate();
      const refused = call();
      stage.at(1).reject(down);
      await flush();
      for (const { error } of [sleeper, refused, running]) {
        expect(error).toBeInstanceOf(CircuitIsolatedError);
        expect(error).toBeInstanceOf(CircuitOpenError);
        expect(error.retryAfterMs).toBe(Infinity);
      }
      expect([sleeper.error.cause, refused.error.cause, running.error.cause]).toEqual([down, undefined, down]);
      expect(stage.attempts).toHaveLength(2);
      expect(lines).toContain('rejected by breaker: CircuitIsolatedError');
    });

    it('R7 A13 takes nothing from late results, and closes with an empty window at the last release', async () => {
      const { stage, circuit, call } = rigged();
      const [late] = [call(), call(), call()];
      stage.at(1).resolve(0);
      await flush();
      const first = circuit.isolate();
      const second = circuit.isolate();
      first.dispose();
      first[Symbol.dispose]();
      expect(circuit.state).toBe('isolated');
      stage.at(0).resolve('late');
      await flush();
      expect([late?.value, circuit.state]).toEqual(['late', 'isolated']);
      circuit.open();
      circuit.reset();
      expect(circuit.state).toBe('isolated');
      second.dispose();
      stage.at(2).resolve('later');
      await flush();
      expect([circuit.state, circuit.failures, circuit.isOpen(), circuit.stats().stale]).toEqual(['closed', 0, false, 2]);
    });
  });

  describe('recoveryTimeout as a backoff', () => {
    /** Lets the probe fail, and answers the recovery time of the opening that follows. */
    async function reopened({ clock, stage, circuit, call }: RigWithCircuit): Promise<number> {
      await clock.advance(circuit.retryAfterMs);
      call();
      stage.at(-1).reject(down);
      await flush();
      return circuit.retryAfterMs;
    }

    it('R8 grows with each reopening up to its ceiling, without jitter, and begins anew after a close', async () => {
      const rig = rigged({ recoveryTimeout: exponential({ first: 1_000, max: 5_000 }) });
      rig.circuit.open();
      const times = [rig.circuit.retryAfterMs];
      for (let i = 0; i < 4; i++) times.push(await reopened(rig));
      expect(times).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
      await rig.clock.advance(5_000);
      rig.call();
      rig.stage.at(-1).resolve('up');
      await flush();
      rig.circuit.open();
      expect(rig.circuit.retryAfterMs).toBe(1_000);
      expect(await reopened(rig)).toBe(2_000);
    });

    it('R8 R7 is drawn once an opening, and open() is no step of growth', async () => {
      const rig = rigged({ recoveryTimeout: exponential({ first: 1_000, max: 50_000 }) });
      rig.circuit.open();
      await reopened(rig);
      rig.circuit.open();
      expect(rig.circuit.retryAfterMs).toBe(2_000);
      expect(await reopened(rig)).toBe(4_000);
    });

    it('R8 has the jitter that it names', async () => {
      const clock = new VirtualClock();
      clock.draw = () => 0.25;
      const circuit = breaker({ clock, recoveryTimeout: constant(1_000, { jitter: 'full' }) });
      circuit.open();
      expect([circuit.retryAfterMs, circuit.retryAfterMs]).toEqual([250, 250]);
    });
  });

  describe('toJSON() and initialState', () => {
    const ago = (snapshot: CircuitSnapshot, ms: number): CircuitSnapshot => ({ ...snapshot, savedAt: snapshot.savedAt - ms });

    it('A17 R9 carries durations: a process with another monotonic clock goes on where this one was', async () => {
      const first = rigged();
      const failing = [first.call(), first.call()];
      for (let round = 0; round < 3; round++) {
        first.stage.attempts.slice(-2).forEach(({ reject }) => reject(down));
        await first.clock.advance(100);
      }
      expect(failing.map(({ error }) => error)).toEqual([down, down]);
      await first.clock.advance(300);
      const text = JSON.stringify(first.circuit);
      expect(JSON.parse(text)).toEqual({
        version: 1,
        state: 'open',
        failures: 2,
        remainingMs: 600,
        reopenings: 0,
        savedAt: first.clock.wall(),
      });

      const clock = new VirtualClock();
      clock.time = 5_000_000;
      clock.wallStart = first.clock.wall() - 5_000_000 + 400;
      const stage = new Stage(clock);
      const circuit = breaker({ clock, recoveryTimeout: 1_000, initialState: JSON.parse(text) as CircuitSnapshot });
      const guard = policy(circuit, retry({ delay: 0 }));
      expect([circuit.state, circuit.failures, circuit.retryAfterMs]).toEqual(['open', 2, 200]);
      await expect(guard.execute(stage.fn)).rejects.toBeInstanceOf(CircuitOpenError);
      await clock.advance(200);
      const probe = fateOf(guard.execute(stage.fn));
      stage.at(0).resolve('up');
      await flush();
      expect([probe.value, circuit.state, circuit.failures]).toEqual(['up', 'closed', 0]);
    });

    it('R9 takes the wall time passed off, clamped to 0, to what was left, and to the new recovery time', () => {
      const { clock, circuit } = rigged();
      circuit.open();
      const saved = circuit.toJSON();
      const left = (initialState: CircuitSnapshot, recoveryTimeout = 1_000): number =>
        breaker({ clock, recoveryTimeout, initialState }).retryAfterMs;
      expect([left(saved), left(ago(saved, 300)), left(ago(saved, 9_000)), left(ago(saved, -9_000)), left(saved, 50)]).toEqual([
        1_000, 700, 0, 1_000, 50,
      ]);
    });

    it('R9 saves half-open as open with nothing left, isolated as closed, closed with its failures', async () => {
      const { clock, stage, circuit, call } = rigged({ failureThreshold: 3 });
      call();
      for (let i = 0; i < 3; i++) {
        stage.at(i).reject(down);
        await clock.advance(100);
      }
      expect(circuit.toJSON()).toMatchObject({ state: 'closed', failures: 1, remainingMs: 0 });
      circuit.open();
      await clock.advance(1_000);
      call();
      expect(circuit.toJSON()).toMatchObject({ state: 'open', remainingMs: 0, failures: 1 });
      const handle = circuit.isolate();
      expect(circuit.toJSON()).toMatchObject({ state: 'closed', failures: 0 });
      handle.dispose();
    });

    it('R9 R8 a restored circuit grows on from the reopenings it had', async () => {
      const clock = new VirtualClock();
      const initialState = { version: 1, state: 'open', failures: 7, remainingMs: 0, reopenings: 2, savedAt: clock.wall() } as const;
      const circuit = breaker({ clock, recoveryTimeout: exponential({ first: 1_000 }), initialState });
      await circuit.execute(() => Promise.reject(down)).catch(() => {});
      expect([circuit.state, circuit.failures, circuit.retryAfterMs]).toEqual(['open', 8, 8_000]);
    });

    it.each([
      [null, 'initialState'],
      ['open', 'initialState'],
      [{}, 'version'],
      [{ version: 2, state: 'open', failures: 0, remainingMs: 0, reopenings: 0, savedAt: 0 }, 'version'],
      [{ version: 1, state: 'half-open', failures: 0, remainingMs: 0, reopenings: 0, savedAt: 0 }, 'state'],
      [{ version: 1, state: 'open', failures: -1, remainingMs: 0, reopenings: 0, savedAt: 0 }, 'failures'],
      [{ version: 1, state: 'open', failures: 0, remainingMs: Infinity, reopenings: 0, savedAt: 0 }, 'remainingMs'],
      [{ version: 1, state: 'open', failures: 0, remainingMs: 0, reopenings: 0.5, savedAt: 0 }, 'reopenings'],
      [{ version: 1, state: 'open', failures: 0, remainingMs: 0, reopenings: 0, savedAt: NaN }, 'savedAt'],
    ])('A17 R9 refuses junk (%j) with an error that names the field %s', (junk, field) => {
      expect(() => breaker({ initialState: junk as never })).toThrow(field);
    });
  });
});
