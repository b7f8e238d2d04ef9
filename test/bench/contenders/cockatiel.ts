/** Cockatiel, of either version: their faces are the same here. */
import type * as Library from 'cockatiel';
import { answer, fail, LONG, type Contender } from '../contender.ts';


export function cockatiel(name: string, folder: string, library: typeof Library): Contender {
  const { circuitBreaker, ConsecutiveBreaker, fallback, handleAll, retry, timeout, TimeoutStrategy, wrap } = library;
  const { ExponentialBackoff } = library;
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
  type Guard = { execute(fn: () => Promise<unknown>): Promise<unknown> };
  const executing = (make: () => Guard, fn: () => Promise<unknown>) => () => {
    const guard = make();
    return () => guard.execute(fn);
  };
  return {
    name,
    folder,
    calls: {
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
    breaker: { make: () => breaker(5), use: (held: Guard) => held.execute(answer) },
  };
}
