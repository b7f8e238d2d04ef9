/** Breakers with rules that go by a ratio, and what such a rule is told of each call. */
import { describe, expect, it } from 'vitest';
import {
  anyOf,
  breaker,
  bulkhead,
  CircuitOpenError,
  consecutive,
  deadline,
  DeadlineExceededError,
  failureRatio,
  fallback,
  hedge,
  lastCalls,
  lastMs,
  policy,
  retry,
  slowCallRatio,
  timeout,
  TimeoutError,
  toMermaid,
  type Breaker,
  type BreakerOptions,
  type TripRule,
} from '../../src/index.ts';
import { quickly } from '../../src/core/quick.ts';
import { fateOf } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** Two slow calls of the last two open it. */
const slow = (): TripRule => slowCallRatio({ slowAfter: 100, ratio: 1, window: lastCalls(2) });

/** A breaker on a clock, and functions that take their time on it. */
function timed(options: BreakerOptions<'reject'> = {}): {
  clock: VirtualClock;
  circuit: Breaker<'sync'>;
  takes: (ms: number, error?: unknown) => () => Promise<string>;
} {
  const clock = new VirtualClock();
  const circuit = breaker({ trip: slow(), clock, ...options });
  const takes = (ms: number, error?: unknown) => (): Promise<string> =>
    new Promise((resolve, reject) => clock.setTimer(() => (error === undefined ? resolve('fine') : reject(error)), ms));
  return { clock, circuit, takes };
}

describe('breaker', () => {
  describe('with a failureRatio', () => {
    it('S19 opens on F F F S S at call 20 of 20, and rejects what comes then', async () => {
      const circuit = breaker({ trip: failureRatio({ ratio: 0.5, window: lastCalls(20), minimumCalls: 20 }) });
      for (let call = 0; call < 20; call += 1) {
        expect(circuit.state).toBe('closed');
        await circuit.execute(() => (call % 5 < 3 ? Promise.reject(down) : 'fine')).catch(() => {});
      }
      expect([circuit.state, circuit.failures]).toEqual(['open', 0]);
      await expect(circuit.execute(() => 'fine')).rejects.toThrow(CircuitOpenError);
    });

    it('counts a call once, and an attempt each, as counts says', async () => {
      for (const [counts, calls] of [['calls', 4], ['attempts', 2]] as const) {
        const circuit = breaker({ trip: failureRatio({ window: lastCalls(4) }), counts });
        const guard = policy(circuit, retry({ attempts: 2, delay: 0 }));
        let made = 0;
        for (; circuit.state === 'closed'; made += 1) await guard.execute(() => Promise.reject(down)).catch(() => {});
        expect([counts, made]).toEqual([counts, calls]);
      }
    });

    it('does the same on the quick way, on the usual one and at once', async () => {
      const pattern = 'SFSSFFSSSFFSFSSFFFF'.split('');
      const trip = failureRatio({ ratio: 0.6, window: lastCalls(10), minimumCalls: 5 });
      const play = async (run: (circuit: Breaker<'sync'>, well: boolean) => unknown): Promise<string[]> => {
        const circuit = breaker({ trip });
        const seen: string[] = [];
        for (const outcome of pattern) {
          try {
            await run(circuit, outcome === 'S');
          } catch {
            // What it is does not matter here.
          }
          seen.push(`${circuit.state} ${circuit.failures}`);
        }
        return seen;
      };
      const answer = (well: boolean): string => {
        if (!well) throw down;
        return 'fine';
      };
      const awaited = (circuit: Breaker<'sync'>, well: boolean): unknown => circuit.execute(async () => answer(well));
      const quick = await play(awaited);
      const { on } = quickly;
      quickly.on = false;
      const usual = await play(awaited).finally(() => (quickly.on = on));
      const sync = await play((circuit, well) => circuit.executeSync(() => answer(well)));
      expect(quick.at(-1)).toBe('open 3');
      expect([usual, sync]).toEqual([quick, quick]);
    });

    it('A10 forgets over an idle time', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ trip: failureRatio({ ratio: 1, window: lastMs(1_000), minimumCalls: 3 }), clock });
      const fail = (): Promise<unknown> => circuit.execute(() => Promise.reject(down)).catch(() => {});
      await fail();
      await fail();
      await clock.advance(1_000);
      await fail();
      await fail();
      expect(circuit.state).toBe('closed');
      await fail();
      expect(circuit.state).toBe('open');
    });

    it('A7 a failed probe reopens it, whatever minimumCalls says', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ trip: failureRatio({ window: lastCalls(50), minimumCalls: 50 }), clock, recoveryTimeout: 1_000 });
      circuit.open();
      await clock.advance(1_000);
      await circuit.execute(() => Promise.reject(down)).catch(() => {});
      expect([circuit.state, circuit.retryAfterMs]).toEqual(['open', 1_000]);
    });

    it('is not told of what counts as nothing', async () => {
      const trip = failureRatio({ ratio: 1, window: lastCalls(2) });
      const circuit = breaker({ trip, handle: (error) => (error === 'ignored' ? 'ignore' : true) });
      for (const error of [down, 'ignored', 'ignored']) await circuit.execute(() => Promise.reject(error)).catch(() => {});
      expect(circuit.state).toBe('closed');
      await circuit.execute(() => Promise.reject(down)).catch(() => {});
      expect(circuit.state).toBe('open');
    });

    it('wakes who sleeps in a retry when a success opens it', async () => {
      const clock = new VirtualClock();
      const circuit = breaker({ trip: failureRatio({ ratio: 0.5, window: lastCalls(3), minimumCalls: 3 }), counts: 'attempts', clock });
      const guard = policy(circuit, retry({ attempts: 9, delay: 1_000 }));
      const [one, other] = [1, 2].map(() => fateOf(guard.execute(() => Promise.reject(down)), clock));
      await flush();
      expect([one!.state, other!.state]).toEqual(['pending', 'pending']);
      expect(await guard.execute(() => 'fine')).toBe('fine');
      await flush();
      expect([one!.error, other!.error]).toEqual([expect.any(CircuitOpenError), expect.any(CircuitOpenError)]);
      expect([one!.error.cause, clock.armed]).toEqual([down, 0]);
    });
  });

  describe('with a slowCallRatio', () => {
    it('opens when calls are slow though they succeed, and hands out what they answer', async () => {
      const { clock, circuit, takes } = timed();
      for (const [ms, state] of [[101, 'closed'], [100, 'closed'], [101, 'closed'], [150, 'open']] as const) {
        const fate = fateOf(circuit.execute(takes(ms)), clock);
        await clock.drain();
        expect([fate.value, circuit.state]).toEqual(['fine', state]);
      }
      expect(circuit.stats()).toMatchObject({ succeeded: 4, failed: 0, opened: 1 });
    });

    it('counts slow failures, not fast ones', async () => {
      const { clock, circuit, takes } = timed();
      const fail = async (ms: number): Promise<string> => {
        const fate = fateOf(circuit.execute(takes(ms, down)), clock);
        await clock.drain();
        expect(fate.error).toBe(down);
        return circuit.state;
      };
      expect([await fail(5), await fail(5), await fail(101), await fail(101)]).toEqual(['closed', 'closed', 'closed', 'open']);
    });

    it("counts: 'calls' takes the time of the attempt that the call ended with, without waits and the attempts before", async () => {
      const { clock, circuit, takes } = timed();
      const guard = policy(circuit, retry({ attempts: 3, delay: 5_000 }));
      const run = async (...times: readonly number[]): Promise<string> => {
        let made = 0;
        const fate = fateOf(guard.execute(() => takes(times[made]!, ++made < times.length ? down : undefined)()), clock);
        await clock.drain();
        expect(fate.value).toBe('fine');
        return circuit.state;
      };
      expect([await run(500, 100), await run(500, 500, 50)]).toEqual(['closed', 'closed']);
      expect([await run(5, 101), await run(5, 5, 101)]).toEqual(['closed', 'open']);
    });

    it("counts: 'attempts' takes each attempt's own", async () => {
      const { clock, circuit, takes } = timed({ counts: 'attempts' });
      const guard = policy(circuit, retry({ attempts: 3, delay: 5_000 }));
      const times = [101, 100, 101, 101];
      const started: number[] = [];
      const fate = fateOf(guard.execute(() => (started.push(clock.time), takes(times[started.length - 1]!, down)())), clock);
      await clock.drain();
      expect([fate.error, circuit.state, started]).toEqual([down, 'closed', [0, 5_101, 10_201]]);
      const last = fateOf(guard.execute(takes(101, down)), clock);
      await clock.drain();
      expect([last.error.cause, circuit.state]).toEqual([down, 'open']);
    });

    it('leaves out what an attempt waited for in a line before it', async () => {
      const { clock, circuit, takes } = timed();
      const guard = policy(circuit, bulkhead({ limit: 1, queue: 9 }));
      const fates = [90, 90, 90].map((ms) => fateOf(guard.execute(takes(ms)), clock));
      await clock.drain();
      expect(fates.map(({ at }) => at)).toEqual([90, 180, 270]);
      expect(circuit.state).toBe('closed');
      for (const ms of [101, 101]) void guard.execute(takes(ms));
      await clock.drain();
      expect(circuit.state).toBe('open');
    });

    it('takes the time of the hedged attempt that gave the outcome', async () => {
      for (const [ms, state] of [[60, 'closed'], [101, 'open']] as const) {
        const { clock, circuit, takes } = timed();
        const guard = policy(circuit, hedge({ after: 500 }));
        for (let call = 0; call < 2; call += 1) {
          let made = 0;
          const fate = fateOf(guard.execute(() => takes((made += 1) === 1 ? 5_000 : ms)()), clock);
          await clock.drain();
          expect([fate.value, made]).toEqual(['fine', 2]);
        }
        expect(circuit.state).toBe(state);
      }
    });

    it('takes a further attempt that was never begun for one that took no time', async () => {
      const { clock, circuit, takes } = timed({ counts: 'attempts' });
      const guard = policy(circuit, retry({ attempts: 2, delay: 0 }), bulkhead({ limit: 1, queue: 9, maxWait: 1e9 }), deadline(5_000));
      const held = fateOf(guard.execute(takes(101, down)), clock);
      await clock.advance(50);
      // It gets the slot that the first attempt leaves, and the second waits for it until the deadline.
      const other = fateOf(guard.execute(takes(1e6)), clock);
      await clock.to(5_000);
      expect([held.error, other.state]).toEqual([expect.any(DeadlineExceededError), 'pending']);
      expect([circuit.state, circuit.stats()]).toMatchObject(['closed', { failed: 2, ignored: 0, opened: 0 }]);
    });

    it('takes an attempt that a timeout cut for one that took as long as the timeout', async () => {
      for (const [after, state] of [[100, 'closed'], [101, 'open']] as const) {
        const { clock, circuit, takes } = timed();
        const guard = policy(circuit, timeout(after));
        for (let call = 0; call < 2; call += 1) {
          const fate = fateOf(guard.execute(takes(1e6)), clock);
          await clock.advance(after);
          expect(fate.error).toBeInstanceOf(TimeoutError);
        }
        expect(circuit.state).toBe(state);
      }
    });

    it('takes a synchronous call for as long as it lasts', () => {
      const { clock, circuit } = timed();
      const run = (ms: number): string => {
        circuit.executeSync(() => (clock.time += ms));
        return circuit.state;
      };
      expect([run(101), run(100), run(101), run(101)]).toEqual(['closed', 'closed', 'closed', 'open']);
    });

    it('takes no notice of a slow call that its caller gave up', async () => {
      const { clock, circuit, takes } = timed();
      for (let call = 0; call < 3; call += 1) {
        const caller = new AbortController();
        const fate = fateOf(circuit.execute(takes(1_000), caller.signal), clock);
        await clock.advance(500);
        caller.abort('enough');
        await flush();
        expect([fate.error, circuit.state]).toEqual(['enough', 'closed']);
      }
      expect(circuit.stats()).toMatchObject({ ignored: 3 });
    });

    it('R16 takes a slow probe for a failed one, though its caller gets the answer', async () => {
      const { clock, circuit, takes } = timed({ recoveryTimeout: 1_000, successThreshold: 2 });
      const probe = async (ms: number): Promise<unknown[]> => {
        await clock.advance(circuit.retryAfterMs);
        const fate = fateOf(policy(circuit, fallback('instead')).execute(takes(ms)), clock);
        await clock.advance(ms);
        return [fate.value, circuit.state];
      };
      circuit.open();
      expect(await probe(101)).toEqual(['fine', 'open']);
      expect(circuit.retryAfterMs).toBe(1_000);
      expect(await probe(100)).toEqual(['fine', 'half-open']);
      expect(await probe(101)).toEqual(['fine', 'open']);
      expect(await probe(1)).toEqual(['fine', 'half-open']);
      expect(await probe(1)).toEqual(['fine', 'closed']);
    });

    it("R16 R11 does so also under counts: 'attempts', and the probe is not repeated", async () => {
      const { clock, circuit, takes } = timed({ recoveryTimeout: 1_000, counts: 'attempts' });
      const guard = policy(circuit, retry({ attempts: 3, delay: 0 }));
      circuit.open();
      await clock.advance(1_000);
      const fate = fateOf(guard.execute(takes(101)), clock);
      await clock.drain();
      expect([fate.value, circuit.state, circuit.stats().admitted]).toEqual(['fine', 'open', 1]);
    });

    it('R26 hears of a nested attempt under the same breaker once, with its own time', async () => {
      const { clock, circuit, takes } = timed({ counts: 'attempts' });
      const inner = policy(circuit, retry({ attempts: 2, delay: 5_000 }));
      const outer = policy(circuit, retry({ attempts: 2, delay: 0 }));
      const times = [101, 10];
      let made = 0;
      const fn = outer.wrap(inner.wrap(() => takes(times[made]!, made++ === 0 ? down : undefined)()));
      const fate = fateOf(fn(), clock);
      await clock.drain();
      expect([fate.value, circuit.state, circuit.stats()]).toMatchObject(['fine', 'closed', { failed: 1, succeeded: 1 }]);
      made = 0;
      times[1] = 101;
      const again = fateOf(fn(), clock);
      await clock.drain();
      expect([again.value, circuit.state]).toEqual(['fine', 'open']);
    });

    it('does the same on an observed policy', async () => {
      const { clock, circuit, takes } = timed();
      const changes: string[] = [];
      circuit.onEvent((event) => event.type === 'state-changed' && changes.push(event.to));
      for (let call = 0; call < 2; call += 1) {
        void circuit.execute(takes(101));
        await clock.drain();
      }
      expect(changes).toEqual(['open']);
    });
  });

  it('keeps every window of an anyOf, whichever rule opens it', async () => {
    const { clock, circuit, takes } = timed({ trip: anyOf(consecutive(3), slow()), recoveryTimeout: 1_000 });
    const run = async (ms: number, error?: unknown): Promise<string> => {
      const fate = fateOf(circuit.execute(takes(ms, error)), clock);
      await clock.advance(ms);
      expect(fate.state).not.toBe('pending');
      return circuit.state;
    };
    expect([await run(5, down), await run(5, down), await run(5, down)]).toEqual(['closed', 'closed', 'open']);
    await clock.advance(1_000);
    expect([await run(101), await run(1_000)]).toEqual(['open', 'open']);
    await clock.advance(1_000);
    expect([await run(5), await run(101), await run(101)]).toEqual(['closed', 'closed', 'open']);
  });

  it('reads the clock for nothing where no rule asks for the time', async () => {
    const clock = new VirtualClock();
    let reads = 0;
    clock.now = () => {
      reads += 1;
      return 0;
    };
    for (const trip of [consecutive(5), failureRatio(), anyOf(consecutive(5), failureRatio())]) {
      const guard = policy(breaker({ trip, clock }), retry({ delay: 0 }));
      await guard.execute(() => 'fine');
      await guard.execute(() => Promise.reject(down)).catch(() => {});
    }
    expect(reads).toBe(0);
    await breaker({ trip: failureRatio({ window: lastMs(1_000) }), clock }).execute(() => 'fine');
    expect(reads).toBe(1);
  });

  it('shows its rule in one line, as data and in the diagram', () => {
    const trip = anyOf(consecutive(5), slowCallRatio({ slowAfter: 2_000, ratio: 0.8, window: lastMs(60_000), minimumCalls: 50 }));
    const guard = policy(breaker({ trip }), retry());
    const label = '5 in a row or 80 % of 50 or more calls in the last 60 s took over 2 s';
    expect(String(guard)).toBe(`breaker(${label}, 60 s) ▸ retry ×3 ▸ fn`);
    expect(guard.describe()[0]?.options['trip']).toBe(label);
    expect(toMermaid(guard.describe())).toContain(`["breaker(${label}, 60 s)"]`);
  });

  it('takes a rule or failureThreshold, not both', () => {
    expect(() => breaker({ trip: failureRatio(), failureThreshold: 5 })).toThrow('give one of them, got both');
    expect(() => breaker({ trip: lastCalls(5) as never })).toThrow('breaker: trip must be a trip rule such as consecutive(5)');
  });

  it('begins with an empty window where it is restored', async () => {
    const trip = failureRatio({ window: lastCalls(2) });
    const fail = (circuit: Breaker<'sync'>): Promise<unknown> => circuit.execute(() => Promise.reject(down)).catch(() => {});
    const before = breaker({ trip });
    await fail(before);
    const after = breaker({ trip, initialState: JSON.parse(JSON.stringify(before)) });
    await fail(after);
    expect([after.state, after.failures]).toEqual(['closed', 2]);
    await fail(after);
    expect(after.state).toBe('open');
  });
});
