/** Tail latency in virtual time: what a hedge saves, what it costs, and that it costs no more than it promises. */
import { describe, expect, it } from 'vitest';
import { breaker, hedge, policy, quantile, retryBudget, timeout, type AnyPolicy, type Context } from '../src/index.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

/** Draws that are the same in each run. */
function draws(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

interface Load {
  readonly calls: number;
  /** Milliseconds between two of them. */
  readonly every: number;
  /** How long a request takes, by its number, from a draw. */
  readonly takes: (draw: () => number, request: number) => number;
}

interface Measured {
  readonly requests: number;
  /** Requests at once. */
  readonly peak: number;
  /** The latency that the given share of the calls did not exceed. */
  readonly quantile: (share: number) => number;
  /** How many requests were made for calls from this one on. */
  readonly requestsFrom: (call: number) => number;
  readonly aborted: number;
}

/** Calls arrive one after another at a backend whose latency is drawn. */
async function measure(make: (clock: VirtualClock) => AnyPolicy, { calls, every, takes }: Load): Promise<Measured> {
  const clock = new VirtualClock();
  const draw = draws(42);
  const latencies: number[] = [];
  const of: number[] = [];
  let [pending, peak, aborted] = [0, 0, 0];
  const request = ({ signal }: Context, call: number): Promise<string> => {
    const ms = takes(draw, of.length);
    of.push(call);
    peak = Math.max(peak, (pending += 1));
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(() => (end(), resolve('answer')), ms);
      const stop = (): void => (clock.clearTimer(timer), end(), (aborted += 1), reject(signal.reason));
      const end = (): void => ((pending -= 1), signal.removeEventListener('abort', stop));
      signal.addEventListener('abort', stop);
    });
  };
  const load = make(clock).wrapWithContext(request);
  for (let i = 0; i < calls; i++) {
    clock.setTimer(() => {
      const from = clock.time;
      void load(i).then(() => latencies.push(clock.time - from));
    }, i * every);
  }
  await clock.drain();
  expect([latencies.length, pending, clock.armed]).toEqual([calls, 0, 0]);
  latencies.sort((a, b) => a - b);
  return {
    requests: of.length,
    peak,
    quantile: (share) => latencies[Math.ceil(share * calls) - 1]!,
    requestsFrom: (call) => of.filter((one) => one >= call).length,
    aborted,
  };
}

/** One request in twenty takes a second, the others 20 to 80 ms. */
const oneInTwenty: Load = { calls: 4_000, every: 10, takes: (draw) => (draw() < 0.05 ? 1_000 : 20 + draw() * 60) };

/** From the second thousand on, all requests are ten times as slow. */
const brownout: Load = { calls: 4_000, every: 10, takes: (draw, request) => (20 + draw() * 60) * (request < 1_000 ? 1 : 10) };

describe('one request in twenty is slow', () => {
  it('without a hedge, one call in a hundred takes a second', async () => {
    const plain = await measure((clock) => timeout({ after: 5_000, clock }), oneInTwenty);
    expect([plain.requests, plain.quantile(0.99)]).toEqual([4_000, 1_000]);
  });

  it('with one, it takes a tenth of that, for as many further requests as were slow', async () => {
    const hedged = await measure((clock) => hedge({ after: 100, clock }), oneInTwenty);
    expect(hedged.quantile(0.99)).toBeLessThan(200);
    expect(hedged.requests / 4_000).toBeGreaterThan(1.03);
    expect(hedged.requests / 4_000).toBeLessThan(1.07);
    // Nothing is paid for longer than it is waited for.
    expect(hedged.aborted).toBe(hedged.requests - 4_000);
  });

  it.each([0.8, 0.9, 0.94])('after the quantile %d it needs to know no latency, and adds no more than the rest', async (share) => {
    const hedged = await measure((clock) => hedge({ after: quantile(share), clock }), oneInTwenty);
    expect(hedged.quantile(0.99)).toBeLessThan(200);
    expect(hedged.requests / 4_000 - 1).toBeLessThan(1 - share + 0.01);
    expect(hedged.requests / 4_000 - 1).toBeGreaterThan((1 - share) * 0.8);
  });

  it('R18 with a budget of 2 % it adds no more than that and what the budget began with', async () => {
    const budget = retryBudget({ tokens: 20, ratio: 0.02 });
    const hedged = await measure((clock) => hedge({ after: 100, budget, clock }), oneInTwenty);
    expect(hedged.requests - 4_000).toBeLessThanOrEqual(4_000 * 0.02 + 10);
    expect(hedged.requests - 4_000).toBeGreaterThan(4_000 * 0.02 - 10);
  });
});

describe('all requests become slow', () => {
  const extra = (measured: Measured): number => measured.requests / 4_000 - 1;

  it('a fixed delay alone doubles the load', async () => {
    const hedged = await measure((clock) => hedge({ after: 100, clock }), brownout);
    expect(extra(hedged)).toBeGreaterThan(0.7);
  });

  it.each([0.9, 0.95])('a quantile (%d) follows, and goes on to hedge as few as before', async (share) => {
    const hedged = await measure((clock) => hedge({ after: quantile(share, { window: 500 }), clock }), brownout);
    // Until it has seen enough of the slow ones; then as ever.
    expect(hedged.requestsFrom(3_000) / 1_000 - 1).toBeLessThan(1 - share + 0.03);
    expect(extra(hedged)).toBeLessThan(0.25);
  });

  it('R18 a budget bounds it from the start', async () => {
    const budget = retryBudget({ tokens: 20, ratio: 0.05 });
    const hedged = await measure((clock) => hedge({ after: 100, budget, clock }), brownout);
    expect(hedged.requests - 4_000).toBeLessThanOrEqual(4_000 * 0.05 + 10);
  });

  it('under a circuit that opens on it, nothing is hedged until that is closed', async () => {
    const clock = new VirtualClock();
    const circuit = breaker({ failureThreshold: 5, recoveryTimeout: 10_000, counts: 'attempts', clock });
    const guard = policy(circuit, hedge({ after: 100 }), timeout(300));
    const starts: { readonly at: number; readonly state: string }[] = [];
    let hung = true;
    const calls = Array.from({ length: 250 }, (_, i) =>
      new Promise<void>((resolve) => {
        clock.setTimer(() => {
          const fn = ({ signal }: Context): Promise<string> => {
            starts.push({ at: clock.time, state: circuit.state });
            return hung ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : Promise.resolve('well');
          };
          guard.execute(fn).then(() => resolve(), () => resolve());
        }, i * 100);
      }),
    );
    clock.setTimer(() => (hung = false), 15_000);
    await clock.drain();
    await Promise.all(calls);
    expect(starts.filter(({ state }) => state === 'half-open')).toHaveLength(2);
    expect(starts.filter(({ state }) => state !== 'closed' && state !== 'half-open')).toEqual([]);
    // Five failures: the attempts of the first three calls, some of them hedged.
    expect(starts.filter(({ at, state }) => at < 10_000 && state === 'closed').length).toBeLessThan(12);
  });
});
