/** The switch between the two ways that a call can take, for the tests that are about them. */
import { quickly } from '../../src/core/quick.ts';

/** Runs `work` with the quick way open, or shut, and then puts the switch back. */
export async function onWay<T>(way: 'quick' | 'usual', work: () => T | Promise<T>): Promise<T> {
  const { on } = quickly;
  quickly.on = way === 'quick';
  try {
    return await work();
  } finally {
    quickly.on = on;
  }
}

/** Runs `work` with the quick way open, and answers how many calls could have taken it: the switch is asked last of all. */
export async function asked(work: () => unknown): Promise<number> {
  const before = Object.getOwnPropertyDescriptor(quickly, 'on') as PropertyDescriptor;
  let count = 0;
  Object.defineProperty(quickly, 'on', { configurable: true, get: () => ((count += 1), true) });
  try {
    await work();
    return count;
  } finally {
    Object.defineProperty(quickly, 'on', before);
  }
}
