/**
 * From layers to one function: sort them, refuse doubles, link them. Knows no layer by name.
 * @module
 */
import type { Env } from './core/call.ts';
import { hostClock, type Clock } from './core/clock.ts';
import type { Layer } from './core/layer.ts';
import { ORDER } from './core/order.ts';
import { quickWay, type Way } from './core/quick.ts';
import { link, type Run, type Stage } from './core/stage.ts';
import { stopwatch } from './core/stopwatch.ts';

/**
 * The layers in their order. The very same layer given twice is one.
 *
 * @throws TypeError when two different layers are of one kind.
 */
export function sortLayers(layers: readonly Layer[]): readonly Layer[] {
  if (layers.length === 1) return layers;
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

/**
 * The stages of sorted layers, the outermost first: what answers in the place of the guards, what stands in front of them,
 * then the guards. `watch` sees what comes of those. Next to the function, where a layer asks for it, there is a stopwatch.
 */
export function stagesOf(layers: readonly Layer[], watch: readonly Stage[] = []): readonly Stage[] {
  const of = (role: Layer['role']): readonly Stage[] =>
    layers.filter((layer) => layer.role === role).flatMap(({ stage }) => stage ?? []);
  const timing = layers.some(({ timed }) => timed === true) ? [stopwatch] : [];
  return [...of('answer'), ...of('front'), ...watch, ...of('guard'), ...timing];
}

/** One function of sorted layers and their stages. */
export function compile(layers: readonly Layer[], stages: readonly Stage[]): Run {
  const run = link(stages);
  const entering = layers.flatMap(({ enter }) => enter ?? []);
  return (call) => {
    for (const enter of entering) enter(call);
    return run(call);
  };
}

/** The quick way of sorted layers and their stages; `undefined` where one of them has a say in every call. */
export function wayOf(layers: readonly Layer[], stages: readonly Stage[], env: Env): Way | undefined {
  return layers.some(({ enter }) => enter !== undefined) ? undefined : quickWay(stages, env);
}
