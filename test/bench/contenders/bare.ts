/** No policy at all: what every ratio is a multiple of. */
import { CASES } from '../cases.ts';
import { answer, answerSync, fail, type Contender } from '../contender.ts';

const byKind = { answer, sync: answerSync, rejection: fail } as const;

export const bare: Contender = {
  name: 'bare',
  calls: Object.fromEntries(CASES.map((one) => [one.id, () => byKind[one.bare]])),
  limit: { signal: false, make: () => (fn) => fn() },
};
