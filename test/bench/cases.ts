/** What is measured a call: each case with its name, the way it is awaited, and what the project wants of it. */

import { WINDOW_CASES } from './windows.ts';

/** What a call comes to: it is awaited and answers, it is awaited and rejects, or it is synchronous. */
export type Kind = 'answer' | 'rejection' | 'sync';

/** One thing that a contender may be able to do. */
export interface Case {
  readonly id: string;
  /** The row's name in the tables. */
  readonly title: string;
  readonly kind: Kind;
  /** Which bare call it is compared with. */
  readonly bare: Kind;
  /** The cost that the project wants, as a multiple of the bare call, unless `unit` says otherwise. */
  readonly goal?: number;
  /** `'times'`: a multiple of the bare call. `'µs'`: microseconds. */
  readonly unit: 'times' | 'µs';
  /** Bytes a call that the project wants. */
  readonly bytes?: number;
}

const LAYERS = [
  { id: 'breaker', title: 'breaker', goal: 2.2, bytes: 500 },
  { id: 'retry', title: 'retry', goal: 2.2, bytes: 500 },
  { id: 'fallback', title: 'fallback', goal: 2.2, bytes: 500 },
  { id: 'timeout', title: 'timeout', goal: 4 },
  { id: 'deadline', title: 'deadline' },
  { id: 'four', title: 'breaker + retry + timeout + fallback', goal: 6, bytes: 1_200 },
] as const;

/** The layers that can answer without waiting, and three of them together. */
const SYNC = [
  { id: 'breaker', title: 'breaker' },
  { id: 'retry', title: 'retry, `delay: 0`' },
  { id: 'fallback', title: 'fallback' },
  { id: 'three', title: 'breaker + retry + fallback' },
] as const;

const calls = LAYERS.flatMap(({ title, ...layer }): Case[] => {
  const row = { kind: 'answer', bare: 'answer', unit: 'times' } as const;
  return [
    { ...layer, ...row, id: `${layer.id}.execute`, title: `${title}: \`execute\`` },
    { ...layer, ...row, id: `${layer.id}.wrap`, title: `${title}: \`wrap\`` },
  ];
});

const sync = SYNC.map(
  ({ id, title }): Case => ({ id: `${id}.sync`, title: `${title}: \`wrapSync\``, kind: 'sync', bare: 'sync', unit: 'times' }),
);

/** Every case, in the order of the tables. */
export const CASES: readonly Case[] = [
  ...calls,
  { id: 'timeout.signal', title: 'timeout, the function reads its signal', kind: 'answer', bare: 'answer', unit: 'times' },
  ...sync,
  { id: 'open.reject', title: 'rejection while open', kind: 'rejection', bare: 'answer', unit: 'µs', goal: 1.1 },
  { id: 'open.stackless', title: 'the same without a stack', kind: 'rejection', bare: 'answer', unit: 'µs' },
  { id: 'open.fallback', title: 'fallback while open', kind: 'answer', bare: 'answer', unit: 'times', goal: 1.5 },
  {
    id: 'failure.breaker',
    title: 'a counted failure: breaker',
    kind: 'rejection',
    bare: 'rejection',
    unit: 'times',
    goal: 1.5,
  },
  {
    id: 'failure.four',
    title: 'a counted failure: breaker + retry (1 attempt) + timeout',
    kind: 'rejection',
    bare: 'rejection',
    unit: 'times',
  },
  ...WINDOW_CASES,
];

/** The cases whose bytes are measured: of what differs in shape alone, one. */
export const ALLOCATING: readonly Case[] = CASES.filter(({ id }) =>
  /\.execute$|^breaker\.wrap$|^four\.wrap$|\.signal$|^open\.|^failure\.breaker$/.test(id),
);

/** The case of an id. */
export function caseOf(id: string): Case {
  const found = CASES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no case is called ${id}`);
  return found;
}
