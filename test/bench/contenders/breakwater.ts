/** Breakwater, as it was built. */
import type * as Library from 'breakwater';
import { answer, answerSync, fail, LONG, type Contender, type MeasuredCall } from '../contender.ts';

/** What the policies of all kinds have in common. */
type Guard = { wrap(fn: () => Promise<unknown>): MeasuredCall; execute(fn: () => Promise<unknown>): Promise<unknown> };

/** A contender of one build; `name` tells two of them apart. */
export function breakwater(name: string, library: typeof Library): Contender {
  const { breaker, deadline, fallback, policy, retry, timeout } = library;
  const guards: Readonly<Record<string, () => Guard>> = {
    breaker: () => breaker(),
    retry: () => retry(),
    fallback: () => fallback(0),
    timeout: () => timeout(LONG),
    deadline: () => deadline(LONG),
    four: () => policy(breaker(), retry(), timeout(LONG), fallback(0)),
  };
  const open = (): ReturnType<typeof breaker> => {
    const circuit = breaker({ recoveryTimeout: LONG });
    circuit.open();
    return circuit;
  };
  /** A breaker that counts failures and does not open. */
  const counting = (): ReturnType<typeof breaker> => breaker({ failureThreshold: Number.MAX_SAFE_INTEGER });
  const { anyOf, consecutive, failureRatio, lastCalls, lastMs, slowCallRatio } = library;
  const under = (trip: Library.TripRule) => (): ReturnType<typeof breaker> => breaker({ trip });
  const windows = {
    none: under(consecutive(5)),
    calls10: under(failureRatio({ window: lastCalls(10) })),
    calls1000: under(failureRatio({ window: lastCalls(1_000) })),
    calls100000: under(failureRatio({ window: lastCalls(100_000) })),
    ms: under(failureRatio({ window: lastMs(30_000) })),
    ms1000: under(failureRatio({ window: lastMs(30_000, { buckets: 1_000 }) })),
    slow: under(slowCallRatio({ slowAfter: LONG, window: lastCalls(1_000) })),
    any: under(anyOf(consecutive(5), failureRatio({ window: lastCalls(1_000) }), failureRatio({ window: lastMs(30_000) }))),
  };
  const calls: Record<string, Contender['calls'][string]> = {};
  for (const [id, make] of Object.entries(windows)) {
    calls[`window.${id}`] = () => {
      const guard = make();
      return () => guard.execute(answer);
    };
  }
  for (const [id, make] of Object.entries(guards)) {
    calls[`${id}.execute`] = () => {
      const guard = make();
      return () => guard.execute(answer);
    };
    calls[`${id}.wrap`] = () => make().wrap(answer);
  }
  return {
    name,
    calls: {
      ...calls,
      'breaker.sync': () => breaker().wrapSync(answerSync),
      'retry.sync': () => retry({ delay: 0 }).wrapSync(answerSync),
      'fallback.sync': () => fallback(0).wrapSync(answerSync),
      'three.sync': () => policy(breaker(), retry({ delay: 0 }), fallback(0)).wrapSync(answerSync),
      'timeout.signal': () => {
        const guard = timeout(LONG);
        return () => guard.execute(async ({ signal }) => signal);
      },
      'open.reject': () => open().wrap(answer),
      'open.fallback': () => policy(open(), fallback(0)).wrap(answer),
      'failure.breaker': () => counting().wrap(fail),
      'failure.four': () => policy(counting(), retry({ attempts: 1 }), timeout(LONG)).wrap(fail),
    },
    limit: {
      signal: true,
      make: (ms) => {
        const guard = timeout(ms);
        return (fn, signal) => guard.execute(fn, signal);
      },
    },
    windows,
    breaker: { make: () => breaker(), use: (held: Guard) => held.execute(answer) },
  };
}
