/** What docs/testing.md says of fake timers, apart from the sample that runs there. */
import { breaker, deadline, fallback, policy, retry, timeout } from 'breakwater';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../helpers/process.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the fake timers of Vitest', () => {
  it('move every part: waits, timeouts, deadlines and the recovery of a circuit that was made before', async () => {
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 60_000 });
    const guard = policy(circuit, deadline(100_000), retry({ attempts: 2, delay: 20_000 }), timeout(30_000), fallback('none'));
    vi.useFakeTimers();
    let calls = 0;
    const hung = guard.execute(() => {
      calls += 1;
      return new Promise<never>(() => {});
    });
    await vi.advanceTimersByTimeAsync(49_999);
    expect(calls).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toBe(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await hung).toBe('none');
    expect([circuit.state, circuit.retryAfterMs]).toEqual(['open', 60_000]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await guard.execute(() => 'well')).toBe('well');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the mock timers of node:test', () => {
  it('move waits, timeouts and circuits, but no deadline', async () => {
    const { stdout, stderr } = await run(`
      import { mock } from 'node:test';
      import { breaker, deadline, policy, retry, timeout } from 'breakwater';

      mock.timers.enable({ apis: ['setTimeout', 'Date'] });
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      const after = async (run, ...steps) => {
        const told = run.catch((error) => error.name);
        for (const ms of steps) {
          await turn();
          mock.timers.tick(ms);
        }
        await turn();
        return Promise.race([told, turn().then(() => 'pending')]);
      };
      const fail = () => { throw new Error('down'); };
      const circuit = breaker({ recoveryTimeout: 60_000 });
      circuit.open();
      console.log(JSON.stringify([
        await after(retry({ attempts: 2, delay: 30_000 }).execute(({ attempt }) => (attempt < 2 ? fail() : 'again')), 30_000),
        await after(timeout(5_000).execute(() => new Promise(() => {})), 5_000),
        await after(circuit.whenAdmitting().then(() => 'admitting'), 60_000),
        await after(policy(deadline(1_000), retry({ attempts: 9, delay: 400 })).execute(fail), 400, 400, 400, 400),
      ]));
      process.exit();
    `);
    if (stdout === '') throw new Error(stderr);
    expect(JSON.parse(stdout)).toEqual(['again', 'TimeoutError', 'admitting', 'pending']);
  });
});
