/** Mollitia: a circuit of modules. Its fallback only changes the error, so that it has no answer while it is open. */
import { Circuit, Fallback, Retry, SlidingCountBreaker, Timeout, type Module } from 'mollitia';
import { answer, fail, LONG, type Contender } from '../contender.ts';

/** At 100 % it never opens. */
const breaker = (): SlidingCountBreaker => new SlidingCountBreaker({ openStateDelay: LONG, failureRateThreshold: 100 });
const timeout = (): Timeout => new Timeout({ delay: LONG });
const fallback = (): Fallback => new Fallback({ callback: () => 0 });

type Fn = () => Promise<unknown>;
const circuitOf = (modules: Module[], func: Fn): Circuit => new Circuit({ func, options: { modules } });
const wrapping = (make: () => Module[], func: Fn) => () => {
  const circuit = circuitOf(make(), func);
  return () => circuit.execute();
};
const executing = (make: () => Module[]) => () => {
  const circuit = circuitOf(make(), answer);
  return () => circuit.fn(answer).execute();
};

const guards: Readonly<Record<string, () => Module[]>> = {
  breaker: () => [breaker()],
  retry: () => [new Retry({ attempts: 2 })],
  fallback: () => [fallback()],
  timeout: () => [timeout()],
  four: () => [fallback(), breaker(), new Retry({ attempts: 2 }), timeout()],
};
const calls: Record<string, Contender['calls'][string]> = {};
for (const [id, make] of Object.entries(guards)) {
  calls[`${id}.execute`] = executing(make);
  calls[`${id}.wrap`] = wrapping(make, answer);
}

export const mollitia: Contender = {
  name: 'mollitia',
  folder: 'mollitia',
  calls: {
    ...calls,
    'open.reject': wrapping(() => {
      const one = breaker();
      void one.open();
      return [one];
    }, answer),
    'failure.breaker': wrapping(() => [breaker()], fail),
    'failure.four': wrapping(() => [breaker(), new Retry({ attempts: 0 }), timeout()], fail),
  },
  limit: {
    signal: false,
    make: (ms) => {
      const circuit = new Circuit({ options: { modules: [new Timeout({ delay: ms })] } });
      return (fn) => circuit.fn(fn).execute();
    },
  },
  breaker: { make: () => circuitOf([breaker()], answer), use: (held: Circuit) => held.execute() },
};
