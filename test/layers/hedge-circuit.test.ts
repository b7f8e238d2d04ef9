/** A hedge under a circuit and with a budget: what it may add, and what is counted. */
import { describe, expect, it } from 'vitest';
import {
  CircuitOpenError,
  errors,
  hedge,
  policy,
  retry,
  retryBudget,
  type BreakerOptions,
  type HedgeOptions,
  type RetryBudget,
  type RetryOptions,
} from '../../src/index.ts';
import { rig, rigWithCircuit, type Rig, type RigWithCircuit } from '../helpers/stage.ts';
import { flush } from '../helpers/virtual-clock.ts';

const boom = new Error('boom');

/** A hedge after 100 ms under a circuit. */
function guarded(options: BreakerOptions, more: Partial<HedgeOptions> = {}): RigWithCircuit {
  return rigWithCircuit(options, (circuit) => policy(circuit, hedge({ after: 100, ...more })));
}

/** The same with a retry between them. */
function retried(options: BreakerOptions, again: RetryOptions, more: Partial<HedgeOptions> = {}): RigWithCircuit {
  return rigWithCircuit(options, (circuit) => policy(circuit, retry(again), hedge({ after: 100, ...more })));
}

/** Opens the circuit at 0 and moves on to the end of its recovery time, which is 1 s. */
async function recovered({ circuit, clock }: RigWithCircuit): Promise<void> {
  circuit.open();
  await clock.to(1_000);
}

const OPENS_AT_3 = { failureThreshold: 3, recoveryTimeout: 1_000 } as const;

describe('a hedge under a circuit', () => {
  it('F6 a probe is never hedged', async () => {
    const one = guarded(OPENS_AT_3);
    await recovered(one);
    const fate = one.call();
    expect([one.circuit.state, one.clock.armed]).toEqual(['half-open', 0]);
    await one.clock.to(5_000);
    expect(one.stage.starts).toEqual([1_000]);
    one.stage.at(0).resolve('well');
    await flush();
    expect([fate.value, one.circuit.state]).toEqual(['well', 'closed']);
  });

  it('F6 nor is the attempt of a retry that became the probe', async () => {
    const one = retried({ ...OPENS_AT_3, failureThreshold: 1, counts: 'attempts' }, { attempts: 2, delay: 2_000 });
    const fate = one.call();
    await one.clock.to(100);
    // Both were under way when it opens.
    one.stage.at(0).reject(boom);
    one.stage.at(1).reject(boom);
    await flush();
    expect([fate.error instanceof CircuitOpenError, fate.error.cause === boom]).toEqual([true, true]);
    await one.clock.to(1_100);
    one.call();
    await one.clock.to(9_000);
    expect([one.circuit.state, one.stage.starts]).toEqual(['half-open', [0, 100, 1_100]]);
  });

  it.each(['opens', 'is isolated', 'opens and closes again'])('R2 starts none once the circuit %s; the attempt in flight goes on', async (what) => {
    const one = guarded(OPENS_AT_3);
    const fate = one.call();
    await one.clock.to(50);
    if (what === 'is isolated') one.circuit.isolate();
    else one.circuit.open();
    if (what === 'opens and closes again') one.circuit.reset();
    await one.clock.to(500);
    expect([one.stage.starts, one.stage.at(0).ctx.signal.aborted, one.clock.armed]).toEqual([[0], false, 0]);
    one.stage.at(0).resolve('late');
    await flush();
    expect(fate.value).toBe('late');
    expect(one.lines.filter((line) => line.startsWith('rejected'))).toEqual([]);
  });

  it('D6 starts none where who hears of it opens the circuit', async () => {
    const one = guarded(OPENS_AT_3);
    one.guard.onEvent(({ type }) => type === 'hedged' && one.circuit.open());
    one.call();
    await one.clock.to(500);
    expect([one.stage.starts, one.circuit.state, one.clock.armed]).toEqual([[0], 'open', 0]);
  });

  it('F4 is one call for it: one success, or one failure', async () => {
    const one = guarded(OPENS_AT_3);
    one.call();
    await one.clock.to(100);
    one.stage.at(0).reject(boom);
    await flush();
    expect(one.circuit.failures).toBe(0);
    one.stage.at(1).reject(boom);
    await flush();
    expect([one.circuit.failures, one.circuit.stats().failed]).toEqual([1, 1]);
    one.call();
    await one.clock.to(200);
    one.stage.at(3).resolve('good');
    await flush();
    expect([one.circuit.failures, one.circuit.stats()]).toMatchObject([0, { admitted: 2, succeeded: 1, failed: 1, ignored: 0 }]);
  });

  it.each([
    ['a retry', (options: BreakerOptions) => retried(options, { attempts: 1 })],
    ['no retry', (options: BreakerOptions) => guarded(options)],
  ])('F4 R11 counting attempts, each that failed by itself is one failure, and a loser is nothing (%s)', async (_, make) => {
    const one = make({ ...OPENS_AT_3, counts: 'attempts' });
    one.call();
    await one.clock.to(100);
    one.stage.at(1).reject(boom);
    await flush();
    expect(one.circuit.failures).toBe(1);
    one.stage.at(0).reject(boom);
    await flush();
    expect([one.circuit.failures, one.circuit.stats()]).toMatchObject([2, { failed: 2, succeeded: 0 }]);
    one.call();
    await one.clock.to(200);
    one.stage.at(3).resolve('good');
    await flush();
    one.stage.at(2).reject(boom);
    await flush();
    expect([one.circuit.failures, one.circuit.stats()]).toMatchObject([0, { failed: 2, succeeded: 1, ignored: 0, stale: 0 }]);
  });

  it('R2 counting attempts, the first that fails may open the circuit; the other goes on, and its answer goes to the caller', async () => {
    const one = retried({ ...OPENS_AT_3, failureThreshold: 1, counts: 'attempts' }, { attempts: 3, delay: 10 });
    const fate = one.call();
    await one.clock.to(100);
    one.stage.at(0).reject(boom);
    await flush();
    expect([one.circuit.state, fate.state, one.stage.at(1).ctx.signal.aborted]).toEqual(['open', 'pending', false]);
    one.stage.at(1).resolve('good');
    await flush();
    expect([fate.value, one.circuit.state, one.circuit.stats().stale]).toEqual(['good', 'open', 1]);
  });

  it('A6 an abort is no failure, however many attempts it ends', async () => {
    for (const counts of ['calls', 'attempts'] as const) {
      const one = guarded({ ...OPENS_AT_3, counts });
      const controller = new AbortController();
      const fate = one.call(controller.signal);
      await one.clock.to(100);
      controller.abort('enough');
      await flush();
      expect([fate.error, one.circuit.failures, one.circuit.stats()]).toMatchObject(['enough', 0, { failed: 0, succeeded: 0, ignored: 1 }]);
    }
  });

  it('R15 the verdict of the hedge travels outward, whatever the breaker says of single attempts', async () => {
    const handle = errors(RangeError);
    const one = retried({ ...OPENS_AT_3, counts: 'attempts', handle: errors(TypeError) }, { attempts: 2, delay: 10 }, { handle });
    const fate = one.call();
    const bad = new RangeError('of attempt 1');
    one.stage.at(0).reject(bad);
    await one.clock.to(10);
    expect(one.stage.starts).toEqual([0, 10]);
    const other = new TypeError('of attempt 2');
    one.stage.at(1).reject(other);
    await flush();
    expect([fate.error === other, one.circuit.stats()]).toMatchObject([true, { ignored: 1, failed: 1 }]);
  });
});

describe('a hedge and a budget', () => {
  /** Lets `count` calls be slow at once; answers how many were hedged. */
  async function slow({ clock, stage, call }: Rig<any>, count: number): Promise<number> {
    const from = stage.attempts.length;
    for (let i = 0; i < count; i++) call();
    await clock.to(clock.time + 100);
    const hedged = stage.attempts.length - from - count;
    for (const attempt of stage.attempts.slice(from)) attempt.resolve('good');
    await flush();
    return hedged;
  }

  it('R18 takes a token for each, as long as more than half are left after it', async () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.1 });
    const one = rig((clock) => hedge({ after: 100, budget, clock }));
    expect(await slow(one, 40)).toBe(4);
    // Six are left, and forty answers gave four back. What is not granted costs nothing.
    expect(budget.tokens).toBe(10);
  });

  it('a hedge that is not granted leaves the attempt in flight alone (failsafe-go#141, grpc-java#7222)', async () => {
    const budget = retryBudget({ tokens: 1, ratio: 0.1 });
    const { clock, stage, lines, call } = rig((clock) => hedge({ after: 100, max: 5, budget, clock }));
    const fate = call();
    await clock.to(1_000);
    expect([stage.starts, fate.state, clock.armed, lines, budget.tokens]).toEqual([[0], 'pending', 0, [], 1]);
    stage.at(0).resolve('first');
    await flush();
    expect(fate.value).toBe('first');
  });

  const budgets: [string, (budget: RetryBudget) => { again?: RetryBudget; beside?: RetryBudget }][] = [
    ["the retry's", (again) => ({ again })],
    ['its own', (beside) => ({ beside })],
    ['one and the same', (both) => ({ again: both, beside: both })],
  ];
  it.each(budgets)('R18 costs one and is given back to once by a success: %s', async (_, given) => {
    const budget = retryBudget({ tokens: 10, ratio: 0.5 });
    const { again, beside } = given(budget);
    const { clock, stage, call } = rig((clock) =>
      policy(retry({ attempts: 2, delay: 10, budget: again }), hedge({ after: 100, budget: beside, clock })),
    );
    call();
    await clock.to(100);
    expect([stage.starts, budget.tokens]).toEqual([[0, 100], 9]);
    stage.at(1).resolve('good');
    await flush();
    expect(budget.tokens).toBe(9.5);
  });

  it('R18 with a budget of its own it leaves that of the retry alone', async () => {
    const [again, beside] = [retryBudget({ tokens: 10, ratio: 0.5 }), retryBudget({ tokens: 10, ratio: 0.25 })];
    const { clock, stage, call } = rig((clock) =>
      policy(retry({ attempts: 2, delay: 10, budget: again }), hedge({ after: 100, budget: beside, clock })),
    );
    call();
    await clock.to(100);
    expect([again.tokens, beside.tokens]).toEqual([10, 9]);
    stage.at(0).reject(boom);
    stage.at(1).reject(boom);
    await flush();
    // The failure of both is one for the retry.
    expect([again.tokens, beside.tokens]).toEqual([9, 9]);
    await clock.to(110);
    stage.at(2).resolve('good');
    await flush();
    expect([again.tokens, beside.tokens]).toEqual([9.5, 9.25]);
  });

  it('R18 gives nothing back for an error that is passed on, nor for a value that is ignored', async () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.5 });
    const { clock, stage, call } = rig((clock) => hedge({ after: 100, budget, clock, handle: () => false }));
    call();
    await clock.to(100);
    stage.at(0).reject(boom);
    await flush();
    expect(budget.tokens).toBe(9);
  });

  it('R18 a probe neither pays nor asks', async () => {
    const budget = retryBudget({ tokens: 10, ratio: 0.5 });
    const one = guarded(OPENS_AT_3, { budget });
    await recovered(one);
    one.call();
    await one.clock.to(2_000);
    expect([one.stage.starts, budget.tokens]).toEqual([[1_000], 10]);
  });

  it('describes its budget', () => {
    const [layer] = hedge({ after: 5, budget: retryBudget({ tokens: 10, ratio: 0.1 }), handle: Error }).describe();
    expect(layer?.options).toMatchObject({ budget: { tokens: 10, ratio: 0.1 }, handle: 'custom' });
  });
});
