/** How far the live heap grows while something runs. Rubbish is collected before each look, or it would be counted too. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface HeapGauge {
  /** Begins anew from what is live now. */
  start(): void;
  /** Looks, where the last look is long enough ago: a collection takes some milliseconds. */
  look(): void;
  /** The most that was live above the start, in bytes. */
  readonly growth: number;
}

/** `every` is the least time between two looks, in real milliseconds. */
export function heapGauge(every = 700): HeapGauge {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const live = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  let first = 0;
  let most = 0;
  let last = 0;
  return {
    start() {
      first = most = live();
      last = performance.now();
    },
    look() {
      if (performance.now() - last < every) return;
      most = Math.max(most, live());
      last = performance.now();
    },
    get growth() {
      return most - first;
    },
  };
}
