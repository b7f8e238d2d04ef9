/** Cockatiel, of either version: their faces are the same here. */
import type * as Library from 'cockatiel';
import { answer, fail, LONG, type Contender } from '../contender.ts';


export function cockatiel(name: string, folder: string, library: typeof Library): Contender {
  const { circuitBreaker, ConsecutiveBreaker, fallback, handleAll, retry, timeout, TimeoutStrategy, wrap } = library;
  const { CountBreaker, ExponentialBackoff, SamplingBreaker } = library;
  const breaker = (failures: number): ReturnType<typeof circuitBreaker> =>
    circuitBreaker(handleAll, { halfOpenAfter: LONG, breaker: new ConsecutiveBreaker(failures) });
  const limited = (ms: number): ReturnType<typeof timeout> => timeout(ms, TimeoutStrategy.Aggressive);
  const again = (maxAttempts: number): ReturnType<typeof retry> =>
    retry(handleAll, { maxAttempts, backoff: new ExponentialBackoff() });
  /** It opens with its first failure. */
  const open = (): ReturnType<typeof circuitBreaker> => {
    const circuit = breaker(1);
    void circuit.execute(fail).catch(() => {});
    return circuit;
  };
  const under = (rule: () => Library.IBreaker) => (): ReturnType<typeof circuitBreaker> =>
    circuitBreaker(handleAll, { halfOpenAfter: LONG, breaker: rule() });
  const counting = (size: number) => under(() => new CountBreaker({ threshold: 0.5, size, minimumNumberOfCalls: Math.min(20, size) }));
  const windows = {
    none: under(() => new ConsecutiveBreaker(5)),
    calls10: counting(10),
    calls1000: counting(1_000),
    calls100000: counting(100_000),
    ms: under(() => new SamplingBreaker({ threshold: 0.5, duration: 30_000 })),
  };
  type Guard = { execute(fn: () => Promise<unknown>): Promise<unknown> };
  const executing = (make: () => Guard, fn: () => Promise<unknown>) => () => {
    const guard = make();
    return () => guard.execute(fn);
  };
  return {
    name,
    folder,
    calls: {
      ...Object.fromEntries(Object.entries(windows).map(([id, make]) => [`window.${id}`, executing(make, answer)])),
      'breaker.execute': executing(() => breaker(5), answer),
      'retry.execute': executing(() => again(2), answer),
      'fallback.execute': executing(() => fallback(handleAll, 0), answer),
      'timeout.execute': executing(() => limited(LONG), answer),
      'four.execute': executing(() => wrap(fallback(handleAll, 0), breaker(5), again(2), limited(LONG)), answer),
      'timeout.signal': () => {
        const guard = limited(LONG);
        return () => guard.execute(async ({ signal }) => signal);
      },
      'open.reject': executing(open, answer),
      'open.fallback': executing(() => wrap(fallback(handleAll, 0), open()), answer),
      'failure.breaker': executing(() => breaker(Number.MAX_SAFE_INTEGER), fail),
      'failure.four': executing(() => wrap(breaker(Number.MAX_SAFE_INTEGER), again(0), limited(LONG)), fail),
    },
    limit: {
      signal: true,
      make: (ms) => {
        const guard = limited(ms);
        return (fn, signal) => guard.execute(fn, signal);
      },
    },
    windows,
    breaker: { make: () => breaker(5), use: (held: Guard) => held.execute(answer) },
  };
}
