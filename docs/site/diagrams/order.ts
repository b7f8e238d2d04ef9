/** The onion of the order: each layer around the next, read off a policy that has them all. */
import { breaker, deadline, fallback, policy, retry, timeout } from '../../../src/index.ts';
import type { LayerDescription, LayerKind } from '../../../src/index.ts';
import { WIDTH, type Drawing } from '../../../src/testing/drawing/drawing.ts';
import { box, path, words } from '../../../src/testing/drawing/svg.ts';
import { arrowHead } from './arrow.ts';

/** What a layer does from where it stands. */
const ROLE: Partial<Record<LayerKind, string>> = {
  breaker: 'asked first, hears last what came of the call',
  deadline: 'limits all attempts and waits together',
  retry: 'makes the attempts, and waits between them',
  timeout: 'limits one attempt, aborts its signal',
  fallback: 'answers when the guarded call has no answer',
};

const HEAD = 46;
const STEP = 14;
const FOOT = 12;

/** Any parts in any order: the policy says in which it runs them. */
export function order(): Drawing {
  const layers = policy(fallback(null), timeout(30_000), retry(), deadline(120_000), breaker()).describe();
  const guards = layers.filter(({ role }) => role === 'guard');
  const inner = 40;
  const height = guards.length * (HEAD + FOOT) + inner;
  const top = 16;
  const parts = [arrowHead('order-arrow')];
  guards.forEach((layer, depth) => {
    const [x, y] = [16 + depth * STEP, top + depth * HEAD];
    const tall = height - depth * (HEAD + FOOT);
    parts.push(box(x, y, WIDTH - 2 * x, tall, depth % 2 === 0 ? 'plain' : 'shade', 10), ...headOf(layer, x, y));
  });
  const [x, y] = [16 + guards.length * STEP, top + guards.length * HEAD];
  parts.push(box(x, y, WIDTH - 2 * x, inner, 'ok', 10), words(WIDTH / 2, y + 25, 'your function', 'strong', 'middle'));

  const below = top + height;
  const answer = layers.find(({ role }) => role === 'answer')!;
  parts.push(path(`M${WIDTH / 2} ${below} v34`, 'arrow', 'order-arrow'), words(WIDTH / 2 + 10, below + 21, 'no answer', 'small'));
  parts.push(box(16, below + 36, WIDTH - 32, HEAD + 4, 'outside', 10), ...headOf(answer, 16, below + 36));
  return {
    name: 'order',
    title: 'The order of the layers',
    about: `From the outside in: ${[...guards.map(({ kind }) => kind), 'your function'].join(', ')}. Outside of all of them, ${answer.kind}: ${ROLE[answer.kind]}.`,
    height: below + 36 + HEAD + 4 + 16,
    parts,
  };
}

function headOf({ kind }: LayerDescription, x: number, y: number): string[] {
  return [words(x + 14, y + 20, kind, 'strong'), words(x + 14, y + 37, ROLE[kind] ?? '', 'small')];
}
