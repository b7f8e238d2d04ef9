/** A hedge around a layer for whose permits one waits in a line: who waits, who holds, and what is taken for slow. */
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { afterRound, whenSettled } from '../../src/core/round.ts';
import { PolicyError } from '../../src/core/errors.ts';
import { Queue } from '../../src/core/queue.ts';
import { PASS, type Stage as LayerStage } from '../../src/core/stage.ts';
import { waitInLine } from '../../src/core/wait.ts';
import { breaker, deadline, DeadlineExceededError, hedge, policy, quantile, retry, type AnyPolicy, type Clock, type Context, type HedgeOptions } from '../../src/index.ts';
import { PolicyObject } from '../../src/policy.ts';
import { fateOf, rig, type Rig } from '../helpers/stage.ts';
import { flush, VirtualClock } from '../helpers/virtual-clock.ts';

class Full extends PolicyError {
  override get isLocalRejection(): boolean {
    return true;
  }
}

/** The plainest layer with permits that there can be: `limit` of them, and a line, or none. */
class Permits {
  taken = 0;
  readonly line = new Queue<() => void>();
  readonly policy: AnyPolicy;

  constructor(limit: number, clock: Clock, queue = true) {
    const give = (): void => {
      this.taken -= 1;
      this.line.first?.();
    };
    const leave = (call: Call): typeof PASS => {
      afterRound(call, () => whenSettled(call, give));
      return PASS;
    };
    const stage: LayerStage = {
      admit: (call) => {
        if (this.taken < limit) return void (this.taken += 1);
        if (!queue) return () => new Full('full');
        return waitInLine<undefined>(call, 'bulkhead', (resolve) => {
          const out = this.line.join(() => (out(), (this.taken += 1), resolve(undefined)));
          return out;
        });
      },
      value: leave,
      error: (call) => (call.started === 0 ? PASS : leave(call)),
    };
    const layer = { kind: 'bulkhead', mode: 'async', role: 'guard', options: {}, label: 'permits', report: undefined } as const;
    this.policy = new PolicyObject([{ ...layer, clock, stage }]);
  }
}

function rigged(limit: number, options: Partial<HedgeOptions> = {}, queue = true, outer: readonly AnyPolicy[] = []): Rig<any> & { permits: Permits } {
  let permits: Permits | undefined;
  const one = rig((clock) => {
    permits = new Permits(limit, clock, queue);
    return policy(hedge({ after: 100, ...options }), permits.policy, ...(outer as []));
  });
  return { ...one, permits: permits as unknown as Permits };
}

describe('a hedge around permits', () => {
  it('takes an attempt that waits in the line for no slow one: its delay begins with its function', async () => {
    const { clock, stage, permits, call } = rigged(1);
    call();
    const second = call();
    await clock.to(90);
    stage.at(0).resolve('first');
    await flush();
    await clock.to(189);
    // The second waited for 90 ms: it is hedged 100 ms after that.
    expect([stage.starts, permits.line.size]).toEqual([[0, 90], 0]);
    await clock.to(190);
    expect(permits.line.size).toBe(1);
    stage.at(1).resolve('second');
    await flush();
    expect([second.value, permits.line.size, permits.taken, clock.armed]).toEqual(['second', 0, 0, 0]);
  });

  it.each([130, 250, 399])('measures the delay from the start, also after several times its length in the line (%i ms)', async (free) => {
    const { clock, stage, call } = rigged(2);
    const [one] = [call(), call()];
    await clock.to(50);
    const third = call();
    await clock.to(free);
    // Its own hedge waits in the line behind the third.
    stage.at(0).resolve('one');
    await flush();
    expect(one.value).toBe('one');
    expect(stage.starts.at(-1)).toBe(free);
    stage.at(1).resolve('two');
    await clock.to(free + 99);
    const before = stage.attempts.length;
    await clock.to(free + 100);
    expect([before, stage.attempts.length, stage.at(-1).at]).toEqual([3, 4, free + 100]);
    stage.at(-1).resolve('hedged');
    await flush();
    expect([third.value, clock.armed]).toEqual(['hedged', 0]);
  });

  it('sets no timer for one that waits, also where a quantile says 0', async () => {
    const { clock, stage, guard, call } = rigged(1, { after: quantile(0.5, { window: 4, minimum: 1 }) });
    await guard.execute(() => 'at once');
    call();
    call();
    await clock.to(50);
    // The first has got company, which waits in the line behind the second.
    expect([stage.attempts.length, clock.armed]).toEqual([1, 0]);
  });

  it('a loser that waits in the line leaves it at once', async () => {
    const { clock, stage, permits, lines, call } = rigged(1);
    const fate = call();
    await clock.to(100);
    expect([permits.line.size, lines]).toEqual([1, ['attempt 2 hedges', 'attempt 2 waits for bulkhead']]);
    stage.at(0).resolve('first');
    await flush();
    expect([fate.value, permits.line.size, permits.taken, stage.attempts.length, clock.armed]).toEqual(['first', 0, 0, 1, 0]);
  });

  it('C9 a loser that ignores its signal keeps its permit until it really settles', async () => {
    const { clock, stage, permits, call } = rigged(2);
    call();
    await clock.to(100);
    stage.at(1).resolve('second');
    await flush();
    expect([permits.taken, stage.at(0).ctx.signal.aborted]).toEqual([1, true]);
    stage.at(0).resolve('late');
    await flush();
    expect(permits.taken).toBe(0);
  });

  it('an attempt that fails beside others gives its permit back at once', async () => {
    const { clock, stage, permits, call } = rigged(2);
    call();
    await clock.to(100);
    stage.at(1).reject(new Error('boom'));
    await flush();
    expect(permits.taken).toBe(1);
  });

  it('R23 the winner gives its permit back after the breaker has heard of it', async () => {
    let permits!: Permits;
    const circuit = breaker({ failureThreshold: 1, recoveryTimeout: 1_000 });
    const { clock, stage, call } = rig((clock) => policy(circuit, hedge({ after: 100, clock }), (permits = new Permits(1, clock)).policy));
    const [first, second] = [call(), call()];
    stage.at(0).reject(new Error('boom'));
    await flush();
    // The circuit opened first: who waited in the line is turned away by it, and starts nothing.
    expect([first.error.message, second.error.name, stage.attempts.length, permits.taken, clock.armed]).toEqual(['boom', 'CircuitOpenError', 1, 0, 0]);
  });

  it('R23 gives the permit back where nothing is outside the hedge, and nobody listens', async () => {
    const clock = new VirtualClock();
    const permits = new Permits(1, clock);
    const guard = policy(hedge({ after: 100 }), permits.policy, { clock });
    expect([await guard.execute(() => 'at once'), permits.taken]).toEqual(['at once', 0]);
    await guard.execute(() => Promise.reject(new Error('boom'))).catch(() => {});
    await flush();
    expect([permits.taken, clock.armed]).toEqual([0, 0]);
  });

  it('R23 gives back the permit of an attempt that got it at the deadline, when an earlier failure is the outcome', async () => {
    const clock = new VirtualClock();
    const permits = new Permits(1, clock);
    const guard = policy(deadline(150), hedge({ after: 100 }), permits.policy, { clock });
    const heeds = ({ signal }: Context): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const fate = fateOf(guard.execute(heeds), clock);
    await clock.to(150);
    await flush();
    expect([fate.error instanceof DeadlineExceededError, fate.error.attempts, permits.taken, permits.line.size, clock.armed]).toEqual([true, 1, 0, 0, 0]);
  });

  it('R13 a hedge that is turned away does not touch the attempt in flight, and is the last', async () => {
    const { clock, stage, lines, call } = rigged(1, { max: 5 }, false);
    const fate = call();
    await clock.to(5_000);
    expect([fate.state, stage.starts, clock.armed, lines]).toEqual(['pending', [0], 0, ['attempt 2 hedges']]);
    stage.at(0).resolve('first');
    await flush();
    expect(fate.value).toBe('first');
  });

  it('R13 where the other fails later, that failure is the outcome, not that the hedge was turned away', async () => {
    const { clock, stage, lines, call } = rigged(1, {}, false);
    const fate = call();
    await clock.to(150);
    const boom = new Error('boom');
    stage.at(0).reject(boom);
    await flush();
    expect([fate.error === boom, lines]).toEqual([true, ['attempt 2 hedges', 'attempt 1 failed']]);
  });

  it('an attempt that fails gives its permit to the hedge that waits for it, which tells of that failure', async () => {
    const { clock, stage, call } = rigged(1, {}, true, [deadline(300)]);
    const fate = call();
    await clock.to(150);
    const boom = new Error('boom');
    stage.at(0).reject(boom);
    await clock.to(400);
    expect([stage.starts, fate.error instanceof DeadlineExceededError, fate.error.cause === boom]).toEqual([[0, 150], true, true]);
  });

  it('R13 a call whose only attempt is turned away ends with that', async () => {
    const { clock, call } = rigged(0, {}, false);
    const fate = call();
    await flush();
    expect([fate.error instanceof Full, clock.armed]).toEqual([true, 0]);
  });

  it('F5 one that waits in the line when the circuit opens ends with the error of the call before it', async () => {
    let permits!: Permits;
    const circuit = breaker({ failureThreshold: 5, recoveryTimeout: 1_000 });
    const { clock, stage, call } = rig((clock) =>
      policy(circuit, retry({ attempts: 2, delay: 10 }), hedge({ after: 100, clock }), (permits = new Permits(1, clock)).policy),
    );
    const fate = call();
    const boom = new Error('boom');
    const other = call();
    stage.at(0).reject(boom);
    await clock.to(50);
    // The first waits for its second attempt behind the other.
    expect([stage.attempts.length, permits.line.size, other.state]).toEqual([2, 1, 'pending']);
    circuit.open();
    await flush();
    expect([fate.error.name, fate.error.cause === boom, permits.line.size]).toEqual(['CircuitOpenError', true, 0]);
    expect(other.state).toBe('pending');
  });
});
