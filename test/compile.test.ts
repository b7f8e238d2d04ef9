import { describe, expect, it } from 'vitest';
import { boundOf, clockOf, compile, sortLayers } from '../src/compile.ts';
import { Call, type Attempt, type Env } from '../src/core/call.ts';
import { hostClock, type Clock } from '../src/core/clock.ts';
import { Emitter } from '../src/core/events.ts';
import type { Layer, Run } from '../src/core/layer.ts';
import { ORDER, type LayerKind } from '../src/core/order.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

function layer(kind: LayerKind, more: Partial<Layer> = {}): Layer {
  const role = kind === 'fallback' ? 'answer' : 'guard';
  return { kind, mode: 'sync', role, options: {}, label: `the ${kind}`, clock: undefined, report: undefined, ...more };
}

function env(): Env {
  return { clock: new VirtualClock(), report: () => {}, events: new Emitter(() => {}), bound: undefined };
}

/** A layer that says when a call goes in and when it comes out. */
function speaking(kind: LayerKind, said: string[]): Layer {
  const link =
    (next: Run): Run =>
    (attempt) => {
      said.push(`${kind} in`);
      const out = next(attempt);
      said.push(`${kind} out`);
      return out;
    };
  return layer(kind, { link });
}

function callOf(given: Env, said: string[]): Attempt {
  return new Call(given, () => (said.push('fn'), 'value'), [], false, undefined, undefined).attempt;
}

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

describe('compile', () => {
  it('F1 links the guards inward, and what answers outside of the watcher', () => {
    const said: string[] = [];
    const shared = env();
    const kinds: LayerKind[] = ['breaker', 'retry', 'timeout', 'fallback'];
    const watch = (next: Run): Run => speaking('hedge', said).link?.(next, shared) ?? next;
    const run = compile(
      kinds.map((kind) => speaking(kind, said)),
      shared,
      watch,
    );
    expect(run(callOf(shared, said))).toBe('value');
    expect(said).toEqual([
      'fallback in',
      'hedge in',
      'breaker in',
      'retry in',
      'timeout in',
      'fn',
      'timeout out',
      'retry out',
      'breaker out',
      'hedge out',
      'fallback out',
    ]);
  });

  it('gives every link what the layers share', () => {
    const shared = env();
    const seen: Env[] = [];
    const link = (next: Run, given: Env): Run => (seen.push(given), next);
    compile([layer('retry', { link }), layer('fallback', { link })], shared, (next) => next);
    expect(seen).toHaveLength(2);
    expect(seen.every((given) => given === shared)).toBe(true);
  });

  it('passes through a layer without a link, and calls the function where there is none at all', () => {
    const said: string[] = [];
    const shared = env();
    const run = compile([layer('deadline'), speaking('retry', said)], shared, (next) => next);
    expect([run(callOf(shared, said)), said]).toEqual(['value', ['retry in', 'fn', 'retry out']]);
    expect(compile([], shared, (next) => next)(callOf(shared, said))).toBe('value');
  });

  it('R20 lets layers act when a call enters, in their order, before anything else', () => {
    const said: string[] = [];
    const shared = env();
    const entering = (kind: LayerKind): Layer => ({
      ...speaking(kind, said),
      enter: (call) => said.push(`${kind} enter ${call.started}`),
    });
    const run = compile([entering('breaker'), speaking('retry', said), entering('fallback')], shared, (next) => next);
    run(callOf(shared, said));
    expect(said.slice(0, 4)).toEqual(['breaker enter 0', 'fallback enter 0', 'fallback in', 'breaker in']);
  });

  it('adds nothing to the run where no layer acts on entering', () => {
    const shared = env();
    const guarded: Run = () => 'watched';
    expect(compile([layer('retry')], shared, () => guarded)).toBe(guarded);
    expect(compile([layer('retry', { enter: () => {} })], shared, () => guarded)).not.toBe(guarded);
  });
});
