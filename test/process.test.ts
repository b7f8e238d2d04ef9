/** What only a whole process shows: when it ends, what it reports, how much memory it keeps. */
import { describe, expect, it } from 'vitest';
import { run } from './helpers/process.ts';

const strict = ['--unhandled-rejections=strict', '--throw-deprecation', '--trace-warnings'];
const quiet = { code: 0, stderr: '' };

describe('a process', { timeout: 60_000 }, () => {
  it('D8 ends at once where policies are idle', async () => {
    const ended = await run(
      `
        import { breaker, deadline, fallback, policy, retry, retryBudget, timeout } from 'breakwater';
        const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 3_600_000 });
        const budget = retryBudget({ tokens: 10, ratio: 0.1 });
        const guard = policy(circuit, deadline(3_600_000), retry({ attempts: 2, delay: 1, budget }), timeout(3_600_000), fallback('plan B'));
        guard.onEvent(() => {});
        circuit.onStateChange(() => {});
        const { signal } = new AbortController();
        console.log(await guard.execute(() => 'plan A', signal));
        console.log(await guard.execute(() => Promise.reject(new Error('down'))), circuit.state);
        circuit.isolate();
        process.on('exit', () => console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, 'timers'));
      `,
      strict,
      30_000,
    );
    expect(ended).toEqual({ ...quiet, stdout: 'plan A\nplan B open\n0 timers\n' });
  });

  it('D8 is kept alive by work that waits: a backoff, a whenClosed, a whenAdmitting', async () => {
    const ended = await run(
      `
        import { breaker, retry } from 'breakwater';
        let calls = 0;
        retry({ attempts: 2, delay: 60 }).execute(() => { if (++calls < 2) throw new Error('once'); }).then(() => console.log('retried'));
        const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 120 });
        circuit.open();
        circuit.whenAdmitting().then(() => {
          console.log('admitting');
          setTimeout(() => circuit.reset(), 60).unref();
          return circuit.whenClosed();
        }).then(() => console.log('closed'));
      `,
      strict,
      30_000,
    );
    expect(ended).toEqual({ ...quiet, stdout: 'retried\nadmitting\nclosed\n' });
  });

  it('C4 D7 is clean under --unhandled-rejections=strict, whatever comes late', async () => {
    const ended = await run(
      `
        import { breaker, deadline, fallback, policy, retry, timeout } from 'breakwater';
        const late = (ms) => () => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), ms));
        const taken = (promise) => promise.then((value) => value, (error) => error.name ?? error);
        const controller = new AbortController();
        setTimeout(() => controller.abort('stop'), 15);
        const out = await Promise.all([
          taken(timeout(10).execute(late(40))),
          taken(deadline(10).execute(late(40))),
          taken(policy(breaker(), retry({ attempts: 2, delay: 5 }), timeout(10)).execute(late(30))),
          taken(policy(retry(), fallback(late(40))).execute(late(1), controller.signal)),
          taken(retry({ delay: () => late(40)() }).execute(late(1), controller.signal)),
          taken(retry().execute(late(40), controller.signal)),
          taken(timeout(10).wrap(retry({ delay: 1 }).wrap(late(40)))()),
          taken(fallback('plan B').execute(() => ({ then(_, reject) { reject(new Error('now')); reject(new Error('again')); throw new Error('and again'); } }))),
        ]);
        console.log(out.join(' '));
        try { breaker().executeSync(async () => { throw new Error('async'); }); } catch (error) { console.log(error.name); }
        const circuit = breaker({ failureThreshold: 1, onOpen: async () => { throw new Error('listener'); }, onListenerError: (error) => console.log(error.message) });
        circuit.open();
        await new Promise((resolve) => setTimeout(resolve, 80));
      `,
      strict,
      30_000,
    );
    expect(ended).toEqual({
      ...quiet,
      stdout:
        'TimeoutError DeadlineExceededError TimeoutError stop stop stop TimeoutError plan B\nTypeError\nlistener\n',
    });
  });

  it.each([
    ['no layer', 'policy()'],
    ['a retry', 'retry({ attempts: 1 })'],
    [
      'all layers',
      'policy(breaker(), deadline(5_000), retry({ attempts: 1 }), timeout(5_000), fallback(() => { throw new Error("nor plan B"); }))',
    ],
  ])('R25 still hears of a rejection that nobody handles, once: under %s', async (_, guard) => {
    const ended = await run(
      `
        import { breaker, deadline, fallback, policy, retry, timeout } from 'breakwater';
        const heard = [];
        process.on('unhandledRejection', (error) => heard.push(error.message));
        void (${guard}).execute(() => Promise.reject(new Error('no plan A')));
        setTimeout(() => console.log(heard.join()), 50);
      `,
    );
    expect(ended).toEqual({ ...quiet, stdout: `${guard.includes('fallback') ? 'nor plan B' : 'no plan A'}\n` });
  });

  it('D5 is warned of what a listener throws, and goes on', async () => {
    const ended = await run(
      `
        import { breaker } from 'breakwater';
        const circuit = breaker({ failureThreshold: 1, onOpen: () => { throw new Error('listener boom'); } });
        circuit.onStateChange(() => { throw 'a string'; });
        await circuit.execute(() => Promise.reject(new Error('down'))).catch((error) => console.log(error.message, circuit.state));
      `,
    );
    expect([ended.code, ended.stdout]).toEqual([0, 'down open\n']);
    expect(ended.stderr).toContain('listener boom');
    expect(ended.stderr).toContain('A listener threw "a string"');
  });

  it('D7 hears no MaxListeners warning where a thousand calls share a signal', async () => {
    const ended = await run(
      `
        import { breaker, deadline, policy, retry, timeout } from 'breakwater';
        const controller = new AbortController();
        const guard = policy(breaker({ failureThreshold: 5_000 }), deadline(60_000), retry({ delay: 20_000 }), timeout(30_000));
        const calls = Array.from({ length: 1_000 }, (_, i) =>
          guard.execute(({ signal }) => (i % 2 ? new Promise(() => signal.addEventListener('abort', () => {})) : Promise.reject(new Error('down'))), controller.signal).catch((reason) => reason),
        );
        setTimeout(() => controller.abort('stop'), 20);
        console.log(new Set(await Promise.all(calls)));
      `,
      strict,
      30_000,
    );
    expect(ended).toEqual({ ...quiet, stdout: "Set(1) { 'stop' }\n" });
  });

  it('C8 keeps nothing of 100,000 calls on one long-lived signal', { timeout: 120_000 }, async () => {
    const ended = await run(
      `
        import { breaker, deadline, policy, retry, timeout } from 'breakwater';
        const { signal } = new AbortController();
        const guard = policy(breaker(), deadline(60_000), retry({ attempts: 2, delay: 0.01 }), timeout(30_000));
        const task = guard.wrapWithContext(async ({ signal }) => signal.aborted, { signal });
        const batch = async (count) => { for (let i = 0; i < count; i++) await task(); };
        const heap = async () => {
          for (let i = 0; i < 4; i++) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
          return process.memoryUsage().heapUsed;
        };
        await batch(5_000);
        const before = await heap();
        await batch(100_000);
        console.log(JSON.stringify({ grown: (await heap()) - before }));
      `,
      [...strict, '--expose-gc'],
      110_000,
    );
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const { grown } = JSON.parse(ended.stdout) as { grown: number };
    expect(grown).toBeLessThan(1_000_000);
  });

  it(
    'C8 keeps nothing of calls that failed, fell back, were turned away or retried on one long-lived signal',
    { timeout: 120_000 },
    async () => {
      const ended = await run(
        `
        import { breaker, deadline, fallback, policy, retry, timeout } from 'breakwater';
        const { signal } = new AbortController();
        const circuit = breaker({ failureThreshold: 2, recoveryTimeout: 0.001 });
        const guard = policy(circuit, deadline(60_000), retry({ attempts: 3, delay: 0 }), timeout(30_000), fallback(async () => 'plan B'));
        let n = 0;
        const task = guard.wrapWithContext(async ({ signal }) => { if (signal.aborted || ++n % 7) throw new Error('down'); }, { signal });
        const batch = async (count) => { for (let i = 0; i < count; i++) await task(); };
        const heap = async () => {
          for (let i = 0; i < 4; i++) { globalThis.gc(); await new Promise((resolve) => setImmediate(resolve)); }
          return process.memoryUsage().heapUsed;
        };
        await batch(2_000);
        const before = await heap();
        await batch(20_000);
        console.log(JSON.stringify({ grown: (await heap()) - before, opened: circuit.stats().opened > 10 }));
      `,
        [...strict, '--expose-gc'],
        110_000,
      );
      expect([ended.code, ended.stderr]).toEqual([0, '']);
      const { grown, opened } = JSON.parse(ended.stdout) as { grown: number; opened: boolean };
      expect(opened).toBe(true);
      expect(grown).toBeLessThan(500_000);
    },
  );
});
