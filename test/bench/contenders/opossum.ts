/** Opossum: a breaker with a timeout and a fallback; it takes its function when it is made, so that it has `wrap` alone. */
import CircuitBreaker from 'opossum';
import { answer, fail, LONG, type Contender } from '../contender.ts';

const options = { timeout: false, resetTimeout: LONG } as const;

/** An unhandled `open` is nothing to it; above 100 % it never opens. */
const never = { errorThresholdPercentage: 100 } as const;

const open = (): CircuitBreaker => {
  const circuit = new CircuitBreaker(answer, options);
  circuit.open();
  return circuit;
};

const firing = (make: () => CircuitBreaker) => () => {
  const circuit = make();
  return () => circuit.fire();
};

export const opossum: Contender = {
  name: 'opossum',
  folder: 'opossum',
  calls: {
    'breaker.wrap': firing(() => new CircuitBreaker(answer, options)),
    'four.wrap': firing(() => new CircuitBreaker(answer, { ...options, timeout: LONG }).fallback(() => 0)),
    'open.reject': firing(open),
    'open.fallback': firing(() => open().fallback(() => 0)),
    'failure.breaker': firing(() => new CircuitBreaker(fail, { ...options, ...never })),
    'failure.four': firing(() => new CircuitBreaker(fail, { ...options, ...never, timeout: LONG })),
  },
  limit: {
    signal: false,
    make: (ms) => {
      const circuit = new CircuitBreaker((fn: () => Promise<unknown>) => fn(), { ...options, ...never, timeout: ms });
      return (fn) => circuit.fire(fn);
    },
  },
  breaker: { make: () => new CircuitBreaker(answer, options), use: (held: CircuitBreaker) => held.fire() },
};
