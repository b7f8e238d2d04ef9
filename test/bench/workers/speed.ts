/** A process that measures the time of one case, for everybody who can do it. */
import { caseOf } from '../cases.ts';
import { contenders } from '../contenders/index.ts';
import { rounds, type Effort } from '../rounds.ts';
import { reply, task } from './task.ts';

const { id, effort } = task<{ readonly id: string; readonly effort: Effort }>();
const { kind, bare } = caseOf(id);
const calls = (await contenders()).flatMap(({ name, calls: { [id]: make } }) =>
  make === undefined ? [] : [[name, { kind: name === 'bare' ? bare : kind, call: make() }] as const],
);
reply(await rounds(new Map(calls), effort));
