import { describe, expect, it } from 'vitest';
import { boundOf, clockOf, compile, sortLayers, stagesOf, wayOf } from '../src/compile.ts';
import { hostClock, type Clock } from '../src/core/clock.ts';
import type { Layer } from '../src/core/layer.ts';
import { ORDER, type LayerKind } from '../src/core/order.ts';
import type { Stage } from '../src/core/stage.ts';
import { stopwatch } from '../src/core/stopwatch.ts';
import { callOf, envOf, speaking as speakingStage } from './helpers/calls.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

function layer(kind: LayerKind, more: Partial<Layer> = {}): Layer {
  const role = kind === 'fallback' ? 'answer' : kind === 'cache' ? 'front' : 'guard';
  return { kind, mode: 'sync', role, options: {}, label: `the ${kind}`, clock: undefined, report: undefined, ...more };
}

/** A layer that says when a call goes in and when it comes out. */
function speaking(kind: LayerKind, said: string[], more: Partial<Layer> = {}): Layer {
  return layer(kind, { stage: speakingStage(kind, said), ...more });
}

/** A function that says that it runs. */
const saying = (said: string[]) => (): string => (said.push('fn'), 'value');

describe('sortLayers', () => {
  it('F1 puts every kind in its place, whatever the order given', () => {
    const layers = ORDER.map((kind) => layer(kind));
    expect(sortLayers(layers.toReversed())).toEqual(layers);
    for (let i = 0; i < layers.length; i++) {
      expect(sortLayers([...layers.slice(i), ...layers.slice(0, i)]).map(({ kind }) => kind)).toEqual(ORDER);
    }
  });

  it('R27 takes the very same layer given twice as one', () => {
    const [retry, timeout] = [layer('retry'), layer('timeout')];
    expect(sortLayers([timeout, retry, timeout, retry])).toEqual([retry, timeout]);
  });

  it('R27 refuses two different layers of a kind, and shows how they are nested', () => {
    const [a, b] = [layer('retry', { label: 'retry ×2' }), layer('retry', { label: 'retry ×5' })];
    const message =
      'a policy can have only one retry, got retry ×2 and retry ×5; to nest them, wrap twice: outer.wrap(inner.wrap(fn))';
    expect(() => sortLayers([a, layer('timeout'), b])).toThrow(new TypeError(message));
    expect(() => sortLayers([layer('timeout'), a, a, b])).toThrow(new TypeError(message));
  });

  it('takes a single one as it is', () => {
    const single = [layer('retry')];
    expect(sortLayers(single)).toBe(single);
  });

  it('does not change what it was given', () => {
    const layers = Object.freeze([layer('fallback'), layer('breaker')]);
    expect(sortLayers(layers).map(({ kind }) => kind)).toEqual(['breaker', 'fallback']);
    expect(layers[0]?.kind).toBe('fallback');
  });
});

describe('clockOf', () => {
  const [a, b] = [new VirtualClock(), new VirtualClock()];

  it("R29 is the host's where nobody names one, and then nobody takes one over", () => {
    const adopted: Clock[] = [];
    expect(clockOf([layer('retry', { adopt: (clock) => adopted.push(clock) })], [])).toBe(hostClock);
    expect(clockOf([], [undefined])).toBe(hostClock);
    expect(adopted).toEqual([]);
  });

  it('R29 is the one that is named, by a layer or by the policy, as often as it is named', () => {
    expect(clockOf([layer('retry'), layer('timeout', { clock: a })], [undefined])).toBe(a);
    expect(clockOf([layer('retry', { clock: a }), layer('timeout', { clock: a })], [a, undefined, a])).toBe(a);
    expect(clockOf([layer('retry')], [a])).toBe(a);
  });

  it('R29 is taken over by the layers that keep time', () => {
    const adopted: [string, Clock][] = [];
    const keeping = layer('breaker', { adopt: (clock) => adopted.push(['breaker', clock]) });
    clockOf([keeping, layer('retry'), layer('timeout', { clock: a })], []);
    expect(adopted).toEqual([['breaker', a]]);
  });

  it.each([
    ['two layers', [layer('retry', { clock: a }), layer('timeout', { clock: b })], []],
    ['a layer and the policy', [layer('retry', { clock: a })], [b]],
    ['two policies', [layer('retry')], [a, b]],
  ])('R29 refuses two different ones: of %s', (_, layers, given) => {
    expect(() => clockOf(layers, given)).toThrow(
      new TypeError('a policy has one clock, got parts with different ones: give the clock once'),
    );
  });
});

describe('boundOf', () => {
  it('R3 is what the innermost layer that bounds an attempt says', () => {
    expect(boundOf([layer('deadline', { bound: 90 }), layer('retry'), layer('timeout', { bound: 30 })])).toBe(30);
    expect(boundOf([layer('breaker'), layer('deadline', { bound: 90 }), layer('retry')])).toBe(90);
    expect(boundOf([layer('retry')])).toBeUndefined();
  });
});

describe('stagesOf', () => {
  it('F1 puts what answers outside, then the fronts, then the watcher, and that outside of the guards', () => {
    const stages: Record<string, Stage> = { cache: {}, breaker: {}, retry: {}, fallback: {} };
    const watch: Stage = {};
    const layers = Object.entries(stages).map(([kind, stage]) => layer(kind as LayerKind, { stage }));
    const { cache, breaker, retry, fallback } = stages;
    for (const [found, expected] of [
      [stagesOf(layers, [watch]), [fallback, cache, watch, breaker, retry]],
      [stagesOf(layers), [fallback, cache, breaker, retry]],
    ]) {
      expect(found).toHaveLength(expected?.length ?? 0);
      found?.forEach((stage, i) => expect(stage).toBe(expected?.[i]));
    }
  });

  it('has one stopwatch next to the function, where layers are timed', () => {
    const stage: Stage = {};
    const timed = [layer('retry', { stage, timed: true }), layer('breaker', { timed: true })];
    expect(stagesOf(timed)).toEqual([stage, stopwatch]);
    expect(stagesOf(timed).at(-1)).toBe(stopwatch);
    expect(stagesOf([layer('retry', { stage, timed: false })])).toEqual([stage]);
  });

  it('leaves out a layer without a stage', () => {
    expect(stagesOf([layer('deadline'), layer('fallback')])).toEqual([]);
  });
});

describe('compile', () => {
  it('F1 links the guards inward, and what answers outside of the watcher', () => {
    const said: string[] = [];
    const layers = (['breaker', 'retry', 'timeout', 'fallback'] as const).map((kind) => speaking(kind, said));
    const run = compile(layers, stagesOf(layers, [speakingStage('watch', said)]));
    expect(run(callOf(saying(said)))).toBe('value');
    expect(said).toEqual([
      'fallback in',
      'watch in',
      'breaker in',
      'retry in',
      'timeout in',
      'fn',
      'timeout out: value',
      'retry out: value',
      'breaker out: value',
      'watch out: value',
      'fallback out: value',
    ]);
  });

  it('calls the function where there is no stage at all', () => {
    const said: string[] = [];
    expect([compile([], [])(callOf(saying(said))), said]).toEqual(['value', ['fn']]);
  });

  it('R20 lets layers act when a call enters, in their order, before anything else', () => {
    const said: string[] = [];
    const entering = (kind: LayerKind): Layer =>
      speaking(kind, said, { enter: (call) => said.push(`${kind} enter ${call.started}`) });
    const layers = [entering('breaker'), speaking('retry', said), entering('fallback')];
    compile(layers, stagesOf(layers))(callOf(saying(said)));
    expect(said.slice(0, 4)).toEqual(['breaker enter 0', 'fallback enter 0', 'fallback in', 'breaker in']);
  });
});

describe('wayOf', () => {
  it('is open where no layer acts when a call enters, and each stage allows for it', () => {
    const [env, quick] = [envOf(), layer('retry', { stage: { quick: true } })];
    expect(wayOf([quick], stagesOf([quick]), env)).toMatchObject({ env, gate: undefined });
    const [slow, entering] = [layer('breaker', { stage: {} }), layer('deadline', { enter: () => {} })];
    for (const other of [slow, entering]) expect(wayOf([other, quick], stagesOf([other, quick]), env)).toBeUndefined();
  });
});
