/** A breaker a key, as `keyed()` keeps it. */
import type * as Library from 'breakwater';
import { answer, type Contender } from '../contender.ts';

/** What the tables call it. */
export const ONE_KEY = 'one key of keyed()';

/** How many keys stand together: what is dropped last is held by the contender itself. */
const TOGETHER = 1_000;

type Load = (key: number) => Promise<number>;

/** A contender that has nothing but its breakers. */
export function oneKey({ breaker, keyed }: typeof Library): Contender {
  let made = 0;
  let load: Load;
  let give: (key: number) => unknown;
  const make = (): object => {
    const key = made % TOGETHER;
    if (key === 0) {
      const policies = keyed((of: number) => of, () => breaker(), { max: TOGETHER });
      load = policies.wrap((_of: number) => answer());
      give = (of) => policies.for(of);
    }
    made += 1;
    give(key);
    return { key, load };
  };
  return { name: ONE_KEY, calls: {}, breaker: { make, use: (held: { readonly key: number; readonly load: Load }) => held.load(held.key) } };
}
