/**
 * A policy in words and as a diagram, read off the same data that runs.
 * @module
 */
import { show } from './core/text.ts';
import type { LayerDescription } from './types.ts';

/** One line: the guards, the function, and what answers in their stead. */
export function toText(layers: readonly LayerDescription[]): string {
  const guards = layers.filter(isAround).map(({ label }) => label);
  const answers = layers.filter(isAnswer).map(({ label }) => `, else ${label}`);
  return [...guards, 'fn'].join(' ▸ ') + answers.join('');
}

/**
 * A Mermaid flowchart of a policy: each guard around the next, and the fallback behind the outermost.
 *
 * @param layers - what {@link PolicyOf.describe} answers.
 * @throws TypeError when it is given anything else.
 *
 * @example
 * ```ts
 * import { breaker, fallback, policy, retry, toMermaid } from 'breakwater';
 *
 * const layers = policy(fallback(null), retry({ attempts: 3 }), breaker()).describe();
 * const lines = toMermaid(layers).split('\n');
 * lines[0] // => 'flowchart LR'
 * lines[1] // => '  caller([caller]) --> breaker["breaker(5 in a row, 60 s)"]'
 * lines[2] // => '  breaker --> retry["retry ×3"]'
 * lines[3] // => '  retry --> fn([fn])'
 * lines[4] // => '  breaker -. no answer .-> fallback["fallback"]'
 * ```
 */
export function toMermaid(layers: readonly LayerDescription[]): string {
  if (!Array.isArray(layers)) {
    throw new TypeError(`toMermaid expects the layers of a policy, got ${show(layers)}: write toMermaid(guard.describe())`);
  }
  const guards = layers.filter(isAround);
  const lines = guards.map(({ kind, label }, i) => `${guards[i - 1]?.kind ?? CALLER} --> ${kind}["${escape(label)}"]`);
  lines.push(`${guards.at(-1)?.kind ?? CALLER} --> fn([fn])`);
  for (const { kind, label } of layers.filter(isAnswer)) {
    lines.push(`${guards[0]?.kind ?? 'fn'} -. no answer .-> ${kind}["${escape(label)}"]`);
  }
  return ['flowchart LR', ...lines.map((line) => `  ${line}`)].join('\n');
}

const CALLER = 'caller([caller])';

function isAround({ role }: LayerDescription): boolean {
  return role !== 'answer';
}

function isAnswer({ role }: LayerDescription): boolean {
  return role === 'answer';
}

/** Mermaid takes the entity codes of HTML. */
function escape(label: string): string {
  return label.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
