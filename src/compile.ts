/**
 * From layers to one function: sort them, refuse doubles, link them. Knows no layer by name.
 * @module
 */
import type { Env } from './core/call.ts';
import { hostClock, type Clock } from './core/clock.ts';
import type { Layer, Run } from './core/layer.ts';
import { ORDER } from './core/order.ts';
import { invoke } from './core/race.ts';

/**
 * The layers in their order. The very same layer given twice is one.
 *
 * @throws TypeError when two different layers are of one kind.
 */
export function sortLayers(layers: readonly Layer[]): readonly Layer[] {
  const distinct = [...new Set(layers)];
  for (const [i, layer] of distinct.entries()) {
    const twin = distinct.slice(0, i).find(({ kind }) => kind === layer.kind);
    if (twin !== undefined) {
      throw new TypeError(
        `a policy can have only one ${layer.kind}, got ${twin.label} and ${layer.label}; ` +
          'to nest them, wrap twice: outer.wrap(inner.wrap(fn))',
      );
    }
  }
  return distinct.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/**
 * The one clock of a policy, which the layers that keep time take over.
 *
 * @throws TypeError when two parts name different ones.
 */
export function clockOf(layers: readonly Layer[], given: readonly (Clock | undefined)[]): Clock {
  const named = new Set([...given, ...layers.map(({ clock }) => clock)].filter((clock) => clock !== undefined));
  if (named.size > 1) throw new TypeError('a policy has one clock, got parts with different ones: give the clock once');
  const [clock] = named;
  if (clock !== undefined) for (const layer of layers) layer.adopt?.(clock);
  return clock ?? hostClock;
}

/** The longest that an attempt may take: what the innermost layer that bounds it says. */
export function boundOf(layers: readonly Layer[]): number | undefined {
  return layers.flatMap(({ bound }) => bound ?? []).at(-1);
}

/** One function of sorted layers. `watch` stands between the guards and what answers in their stead. */
export function compile(layers: readonly Layer[], env: Env, watch: (next: Run) => Run): Run {
  const link = (next: Run, layer: Layer): Run => layer.link?.(next, env) ?? next;
  const guarded = layers.filter(({ role }) => role === 'guard').reduceRight(link, invoke);
  const run = layers.filter(({ role }) => role === 'answer').reduceRight(link, watch(guarded));
  const entering = layers.flatMap(({ enter }) => enter ?? []);
  if (entering.length === 0) return run;
  return (attempt) => {
    for (const enter of entering) enter(attempt.call);
    return run(attempt);
  };
}
