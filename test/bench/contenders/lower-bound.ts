/** The lower bound as a contender. */
import { answer, answerSync, fail, LONG, type Contender, type MeasuredCall } from '../contender.ts';
import { Circuit, four, retry, stackless, underTimeout } from '../lower-bound.ts';
import { SharedTimer } from '../shared-timer.ts';

const withCircuit = (threshold: number, call: (circuit: Circuit) => unknown) => (): MeasuredCall => {
  const circuit = new Circuit(threshold);
  return () => call(circuit);
};
const withTimer = (call: (timer: SharedTimer) => unknown) => (): MeasuredCall => {
  const timer = new SharedTimer(LONG);
  return () => call(timer);
};
const isOpen = (call: () => unknown) => (): MeasuredCall => {
  const circuit = new Circuit(1);
  circuit.count();
  return () => (circuit.open ? call() : undefined);
};

export const lowerBound: Contender = {
  name: 'lower bound',
  calls: {
    'breaker.execute': withCircuit(5, (circuit) => circuit.execute(answer)),
    'retry.execute': () => () => retry(answer),
    'fallback.execute': () => () => answer().then(undefined, () => 0),
    'timeout.execute': withTimer((timer) => underTimeout(timer, answer)),
    'four.execute': () => {
      const circuit = new Circuit(5);
      const timer = new SharedTimer(LONG);
      return () => four(circuit, timer, answer);
    },
    'timeout.signal': withTimer((timer) => underTimeout(timer, async ({ signal }) => signal)),
    'breaker.sync': withCircuit(5, (circuit) => circuit.executeSync(answerSync)),
    'open.reject': isOpen(() => Promise.reject(new Error('open'))),
    'open.stackless': isOpen(() => Promise.reject(stackless('open'))),
    'open.fallback': isOpen(() => Promise.resolve(0)),
    'failure.breaker': withCircuit(Infinity, (circuit) => circuit.execute(fail)),
  },
  limit: {
    signal: false,
    make: (ms) => {
      const timer = new SharedTimer(ms);
      return (fn) => underTimeout(timer, fn);
    },
  },
  breaker: { make: () => new Circuit(5), use: (held: Circuit) => held.execute(answer) },
};
