/** The server's hint and the shared budget, through real retries. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  exponential,
  policy,
  results,
  retry,
  retryAfterHint,
  retryBudget,
  type RetryOptions,
} from '../../src/index.ts';
import { failsTimes } from '../helpers/functions.ts';
import { fateOf, linesOf, Stage } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

const down = new Error('down');

/** An error with headers, as an SDK makes it. */
function failure(headers: unknown): Error {
  return Object.assign(new Error('429'), { headers });
}

/** The wait before the second attempt after an outcome, or what the call ended with. */
async function waitAfter(outcome: 'error' | 'value', source: object, options: RetryOptions = {}): Promise<unknown> {
  const clock = new VirtualClock();
  const stage = new Stage(clock);
  const guard = retry({ clock, delay: 100, attempts: 2, handle: [Error, results(() => true)], ...options });
  const waits: number[] = [];
  guard.onEvent((event) => event.type === 'retry-scheduled' && waits.push(event.delay));
  const fate = fateOf(guard.execute(stage.fn), clock);
  stage.at(0)[outcome === 'error' ? 'reject' : 'resolve'](source);
  await flush();
  if (fate.state !== 'pending') return fate.state === 'error' ? fate.error : fate.value;
  const [wait = NaN] = waits;
  await clock.to(wait);
  expect(stage.starts).toEqual([0, wait]);
  stage.at(1).resolve(0);
  await flush();
  expect(clock.armed).toBe(0);
  return wait;
}

const minute = 60_000;
const past = 'Wed, 31 Dec 2025 23:59:00 GMT';
const future = 'Thu, 01 Jan 2026 00:00:30 GMT';
const list: [string, Record<string, string>, number][] = [
  ['1', { 'retry-after': '1' }, 1_000],
  ['0.3', { 'retry-after': '0.3' }, 300],
  ['0', { 'retry-after': '0' }, 100],
  ['-1', { 'retry-after': '-1' }, 100],
  ['garbage', { 'retry-after': 'soon' }, 100],
  ['an empty text', { 'retry-after': '' }, 100],
  ['a past date', { 'retry-after': past }, 100],
  ['a future date', { 'retry-after': future }, 30_000],
  ['60, the most that is allowed', { 'retry-after': '60' }, minute],
  ['retry-after-ms: 300', { 'retry-after-ms': '300' }, 300],
  ['retry-after-ms before retry-after', { 'retry-after-ms': '300', 'retry-after': '9' }, 300],
  ['an unreadable retry-after-ms, then retry-after', { 'retry-after-ms': 'x', 'retry-after': '2' }, 2_000],
];

describe('retry', () => {
  describe("with a server's hint", () => {
    describe.each(['error', 'value'] as const)('on an %s', (outcome) => {
      it.each(list)('S10 R17 %s', async (_, headers, wait) => {
        const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
        for (const source of [headers, plain, new Headers(headers)]) {
          expect(await waitAfter(outcome, outcome === 'error' ? failure(source) : { headers: source })).toBe(wait);
        }
      });

      it.each(['3600', '9999999', '60.001', 'Thu, 01 Jan 2026 00:01:01 GMT'])(
        'S10 B11 R17 above maxRetryAfterMs (%s) it does not sleep: the call ends with its own outcome, the hint exposed',
        async (hint) => {
          const source = outcome === 'error' ? failure(new Headers({ 'retry-after': hint })) : { headers: { 'retry-after': hint } };
          const end = await waitAfter(outcome, source);
          expect(end).toBe(source);
          expect(retryAfterHint(end, Date.UTC(2026, 0, 1))).toBeGreaterThan(minute);
        },
      );
    });

    it('R17 maxRetryAfterMs says what is too long, also when that is 0 or everything', async () => {
      const source = failure({ 'retry-after': '3600' });
      expect(await waitAfter('error', source, { maxRetryAfterMs: 3_600_000 })).toBe(3_600_000);
      expect(await waitAfter('error', failure({ 'retry-after': '9999999' }), { maxRetryAfterMs: Infinity })).toBe(2 ** 31 - 1);
      const small = failure({ 'retry-after': '0.001' });
      expect(await waitAfter('error', small, { maxRetryAfterMs: 0 })).toBe(small);
    });

    it('R17 waits for the longer of backoff and hint', async () => {
      const source = failure({ 'retry-after-ms': '300' });
      expect([await waitAfter('error', source, { delay: 299 }), await waitAfter('error', source, { delay: 301 })]).toEqual([300, 301]);
    });

    it('R17 is jittered only later, behind the hint', async () => {
      const delay = exponential({ first: 200, jitter: 'full' });
      for (const draw of [0, 0.3, 0.999]) {
        const clock = new VirtualClock();
        clock.draw = () => draw;
        const stage = new Stage(clock);
        const guard = retry({ clock, delay });
        const lines = linesOf(guard);
        fateOf(guard.execute(stage.fn));
        stage.at(0).reject(failure({ 'retry-after': '1' }));
        await flush();
        expect(lines[1]).toBe(`retry after 1 in ${1_000 + draw * 200}`);
        await clock.drain();
        stage.at(1).resolve(0);
      }
    });

    it('R17 adds no jitter where the backoff has none', async () => {
      expect(await waitAfter('error', failure({ 'retry-after': '1' }), { delay: exponential({ jitter: 'none' }) })).toBe(1_000);
      expect(await waitAfter('error', failure({ 'retry-after': '1' }), { delay: () => 10 })).toBe(1_000);
    });

    it('R17 delay 0 never waits and reads no hint', async () => {
      let read = 0;
      const error = Object.defineProperty(new Error('429'), 'headers', {
        get: () => ((read += 1), { 'retry-after': '9' }),
      });
      const clock = new VirtualClock();
      await retry({ clock, delay: 0 }).execute(() => Promise.reject(error)).catch(() => {});
      expect([read, clock.armed]).toEqual([0, 0]);
    });

    it('B11 R20 outlives no deadline', async () => {
      const clock = new VirtualClock();
      const source = failure({ 'retry-after': '5' });
      const guard = policy(deadline(5_000, { clock }), retry({ delay: 10 }));
      const lines = linesOf(guard);
      const fate = fateOf(guard.execute(() => Promise.reject(source)), clock);
      await flush();
      expect(fate).toMatchObject({ state: 'error', at: 0 });
      expect([fate.error instanceof DeadlineExceededError, fate.error.cause]).toEqual([true, source]);
      expect(lines).toEqual(['attempt 1 failed', 'rejected by deadline: DeadlineExceededError']);
    });

    it('S10 survives headers that throw when they are read', async () => {
      const hostile = Object.defineProperty(new Error('hostile'), 'headers', {
        get: () => {
          throw new Error('in the getter');
        },
      });
      expect(await waitAfter('error', hostile)).toBe(100);
    });
  });

  describe('with a shared budget', () => {
    /** A policy whose retries are counted. */
    function counted(options: RetryOptions): { run: (fn: () => unknown) => Promise<unknown>; granted: () => number } {
      const guard = retry({ attempts: 3, delay: 0, ...options });
      let granted = 0;
      guard.onEvent(({ type }) => type === 'retry-scheduled' && (granted += 1));
      return { run: (fn) => guard.execute(fn).catch(() => {}), granted: () => granted };
    }

    it('S20 R18 grants exactly 4 retries of 10 tokens to 40 tasks that fail at once', async () => {
      const clock = new VirtualClock();
      const stage = new Stage(clock);
      const budget = retryBudget({ tokens: 10, ratio: 0.1 });
      const guard = retry({ clock, delay: 100, budget });
      const fates = Array.from({ length: 40 }, () => fateOf(guard.execute(stage.fn), clock));
      for (let i = 0; i < stage.attempts.length; i++) stage.at(i).reject(down);
      await clock.to(100);
      expect(stage.attempts).toHaveLength(44);
      for (const attempt of stage.attempts.slice(40)) attempt.reject(down);
      await clock.drain();
      expect(stage.attempts).toHaveLength(44);
      expect(fates.every(({ error }) => error === down)).toBe(true);
      expect(budget.tokens).toBe(0);
    });

    it('S20 R18 grants 3 where the tasks come one after another: the last attempt of each costs, too', async () => {
      const budget = retryBudget({ tokens: 10, ratio: 0.1 });
      const { run, granted } = counted({ budget });
      const fn = failsTimes(99, 0);
      for (let i = 0; i < 40; i++) await run(fn);
      expect([granted(), fn.calls]).toEqual([3, 43]);
    });

    it('R18 a success returns the ratio, and grants come back above half', async () => {
      const budget = retryBudget({ tokens: 2, ratio: 0.5 });
      const { run, granted } = counted({ budget, attempts: 2 });
      await run(() => Promise.reject(down));
      expect([granted(), budget.tokens]).toEqual([0, 1]);
      await run(() => 1);
      await run(() => 1);
      expect(budget.tokens).toBe(2);
      await run(() => 1);
      expect(budget.tokens).toBe(2);
    });

    it('R18 what retry would not repeat costs nothing', async () => {
      const budget = retryBudget({ tokens: 10, ratio: 0.1 });
      const { run } = counted({ budget, handle: TypeError });
      await run(() => Promise.reject(down));
      expect(budget.tokens).toBe(10);
    });

    it.each([
      ['a class that does not name it', TypeError],
      ['a predicate that says false', () => false],
      ['a predicate that says ignore', () => 'ignore' as const],
    ])('R14 R18 an error that is passed on returns nothing: %s', async (_, handle) => {
      const budget = retryBudget({ tokens: 10, ratio: 0.5 });
      await retry({ attempts: 2, delay: 0, budget }).execute(() => Promise.reject(down)).catch(() => {});
      await counted({ budget, handle }).run(() => Promise.reject(down));
      expect(budget.tokens).toBe(8);
    });

    it('R18 a grant that the circuit overtakes is not refunded', async () => {
      const clock = new VirtualClock();
      const budget = retryBudget({ tokens: 10, ratio: 0.1 });
      const circuit = breaker({ clock });
      const fate = fateOf(policy(circuit, retry({ budget, delay: 100 })).execute(() => Promise.reject(down)));
      await flush();
      circuit.open();
      await flush();
      expect([fate.state, budget.tokens]).toEqual(['error', 9]);
    });

    it('R18 a probe neither pays nor asks', async () => {
      const clock = new VirtualClock();
      const budget = retryBudget({ tokens: 10, ratio: 0.1 });
      const circuit = breaker({ clock, recoveryTimeout: 10 });
      circuit.open();
      await clock.to(10);
      await policy(circuit, retry({ budget, delay: 0 })).execute(() => Promise.reject(down)).catch(() => {});
      expect([circuit.state, budget.tokens]).toEqual(['open', 10]);
    });

    it('R27 is shared by the retries that are given the same one', async () => {
      const budget = retryBudget({ tokens: 2, ratio: 1 });
      const [one, two] = [counted({ budget }), counted({ budget })];
      await one.run(() => Promise.reject(down));
      await two.run(() => Promise.reject(down));
      expect([budget.tokens, one.granted(), two.granted()]).toEqual([0, 0, 0]);
    });
  });
});
