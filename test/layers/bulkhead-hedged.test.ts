/** The permits of attempts that run side by side. */
import { describe, expect, it } from 'vitest';
import { breaker, bulkhead, BulkheadRejectedError, deadline, hedge, policy, rateLimit, retry, tokenBucket } from '../../src/index.ts';
import { rig, Stage } from '../helpers/stage.ts';
import { flush } from '../helpers/virtual-clock.ts';

const down = new Error('down');

describe('a hedged call', () => {
  it('C9 takes a permit for each of its attempts; that of one who lost is held until its function has settled', async () => {
    const slots = bulkhead({ limit: 2 });
    const { clock, stage, call } = rig((clock) => policy(hedge({ after: 10, max: 2 }), slots, { clock }));
    const fate = call();
    expect(slots.running).toBe(1);
    await clock.to(10);
    expect(slots.running).toBe(2);
    stage.at(1).resolve('second');
    await flush();
    expect([fate.value, slots.running]).toEqual(['second', 1]);
    stage.at(0).resolve('late');
    await flush();
    expect([slots.running, clock.armed]).toEqual([0, 0]);
  });

  it('leaves the line when another attempt of it has answered', async () => {
    const slots = bulkhead({ limit: 1, queue: 5 });
    const { clock, stage, call } = rig((clock) => policy(hedge({ after: 10, max: 2 }), slots, { clock }));
    const fate = call();
    await clock.to(10);
    expect([slots.running, slots.waiting]).toEqual([1, 1]);
    stage.at(0).resolve('first');
    await flush();
    expect([fate.value, slots.running, slots.waiting, stage.attempts.length, clock.armed]).toEqual(['first', 0, 0, 1, 0]);
  });

  it('goes on with the attempt that runs where there is no room for another', async () => {
    const slots = bulkhead({ limit: 1 });
    const { clock, stage, call } = rig((clock) => policy(hedge({ after: 10, max: 3 }), slots, { clock }));
    const fate = call();
    await clock.to(100);
    expect([fate.state, stage.attempts.length]).toEqual(['pending', 1]);
    stage.at(0).resolve('first');
    await flush();
    expect([fate.value, slots.running]).toEqual(['first', 0]);
  });

  it('R23 tells of the attempt before where there is no permit for the next round', async () => {
    const slots = bulkhead({ limit: 1 });
    const { clock, stage, call } = rig((clock) => policy(retry({ attempts: 2, delay: 5 }), hedge({ after: 10 }), slots, { clock }));
    const fate = call();
    stage.at(0).reject(down);
    await flush();
    void slots.execute(() => new Promise(() => {}));
    await clock.to(5);
    expect([fate.error instanceof BulkheadRejectedError, fate.error.cause]).toEqual([true, down]);
  });

  it('loses no permit that an attempt got in the tick in which the circuit opened, after another had failed', async () => {
    const slots = bulkhead({ limit: 2, queue: 5 });
    const circuit = breaker({ failureThreshold: 9 });
    const { clock, stage, call } = rig((clock) => policy(circuit, hedge({ after: 10, max: 2 }), slots, { clock }));
    const elsewhere = new Stage(clock);
    void slots.execute(elsewhere.fn);
    const fate = call();
    await clock.to(10);
    expect([slots.running, slots.waiting]).toEqual([2, 1]);
    stage.at(0).reject(down);
    for (let i = 0; i < 20 && slots.waiting > 0; i += 1) await Promise.resolve();
    expect([slots.running, slots.waiting, stage.attempts.length]).toEqual([2, 0, 1]);
    circuit.open();
    await flush();
    expect([fate.error, stage.attempts.length, slots.running]).toEqual([down, 1, 1]);
  });

  it('loses no permit when its caller aborts, or its deadline ends, while one attempt runs and another waits', async () => {
    for (const how of ['abort', 'deadline']) {
      const slots = bulkhead({ limit: 2, queue: 5 });
      const { clock, stage, call } = rig((clock) => policy(deadline(50), hedge({ after: 10, max: 3 }), slots, { clock }));
      const elsewhere = new Stage(clock);
      void slots.execute(elsewhere.fn);
      const controller = new AbortController();
      const fate = call(controller.signal);
      await clock.to(20);
      expect([slots.running, slots.waiting]).toEqual([2, 1]);
      if (how === 'abort') controller.abort('left');
      await clock.to(50);
      expect([fate.state, slots.running, slots.waiting, clock.armed]).toEqual(['error', 2, 0, 0]);
      stage.at(0).resolve('late');
      elsewhere.at(0).resolve('late');
      await flush();
      expect(slots.running).toBe(0);
    }
  });
});

describe('a call that has passed a rate limit', () => {
  it('gives back what it has taken of that where the bulkhead turns it away', async () => {
    const slots = bulkhead({ limit: 1 });
    const limit = rateLimit({ limit: tokenBucket({ limit: 2, per: 1_000 }), whenLimited: 'reject' });
    const { clock, stage, call, lines } = rig((clock) => policy(limit, slots, { clock }));
    const fates = [call(), call(), call()];
    await flush();
    expect(fates.map(({ error }) => (error as Error | undefined)?.name)).toEqual([undefined, 'BulkheadRejectedError', 'BulkheadRejectedError']);
    expect(lines).toEqual(['rejected by bulkhead: BulkheadRejectedError', 'rejected by bulkhead: BulkheadRejectedError']);
    stage.at(0).resolve('first');
    await flush();
    const next = [call(), call()];
    stage.at(1).resolve('second');
    await flush();
    expect([next[0]!.value, next[1]!.error.name]).toEqual(['second', 'RateLimitedError']);
    expect([slots.running, clock.armed]).toEqual([0, 0]);
  });
});
