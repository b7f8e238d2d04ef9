import { describe, expect, it } from 'vitest';
import { toText } from '../src/describe.ts';
import { breaker, deadline, fallback, policy, retry, timeout, toMermaid } from '../src/index.ts';
import type { LayerDescription } from '../src/index.ts';

const full = policy(
  fallback('unknown'),
  timeout(30_000),
  retry({ attempts: 3 }),
  deadline(90_000),
  breaker({ failureThreshold: 5 }),
);

function layer(label: string, role: 'guard' | 'answer' = 'guard'): LayerDescription {
  return { kind: role === 'guard' ? 'retry' : 'fallback', role, label, options: {} };
}

describe('toText', () => {
  it('is one line: the guards, the function, what answers in their stead', () => {
    expect(toText(full.describe())).toBe(
      'breaker(5 in a row, 60 s) ▸ deadline 90 s ▸ retry ×3 ▸ timeout 30 s ▸ fn, else fallback',
    );
  });

  it.each([
    [[], 'fn'],
    [[layer('retry ×2')], 'retry ×2 ▸ fn'],
    [[layer('fallback', 'answer')], 'fn, else fallback'],
    [[layer('a', 'answer'), layer('b')], 'b ▸ fn, else a'],
  ])('%# also of few layers', (layers, text) => {
    expect(toText(layers)).toBe(text);
  });

  it.each([
    [breaker(), 'breaker(5 in a row, 60 s) ▸ fn'],
    [retry({ attempts: Infinity }), 'retry ×∞ ▸ fn'],
    [timeout({ after: 1_500, mode: 'cooperative' }), 'timeout 1.5 s, cooperative ▸ fn'],
    [timeout(Infinity), 'timeout never ▸ fn'],
    [deadline({ remainingMs: 7 }), 'deadline, shared ▸ fn'],
    [fallback(() => 1), 'fn, else fallback'],
  ])('%# of each layer', (one, text) => {
    expect(String(one)).toBe(text);
  });
});

describe('toMermaid', () => {
  it('draws each guard around the next, and the fallback behind the outermost', () => {
    expect(toMermaid(full.describe()).split('\n')).toEqual([
      'flowchart LR',
      '  caller([caller]) --> breaker["breaker(5 in a row, 60 s)"]',
      '  breaker --> deadline["deadline 90 s"]',
      '  deadline --> retry["retry ×3"]',
      '  retry --> timeout["timeout 30 s"]',
      '  timeout --> fn([fn])',
      '  breaker -. no answer .-> fallback["fallback"]',
    ]);
  });

  it.each([
    ['a policy', full, 'an object of PolicyObject'],
    ['a text', 'x', '"x"'],
  ])('says what to draw, given %s', (_, given, shown) => {
    expect(() => toMermaid(given as never)).toThrow(
      `toMermaid expects the layers of a policy, got ${shown}: write toMermaid(guard.describe())`,
    );
  });

  it('draws a policy without guards', () => {
    expect(toMermaid([])).toBe('flowchart LR\n  caller([caller]) --> fn([fn])');
    expect(toMermaid(fallback(1).describe())).toBe(
      'flowchart LR\n  caller([caller]) --> fn([fn])\n  fn -. no answer .-> fallback["fallback"]',
    );
  });

  it("escapes what is Mermaid's own in a label", () => {
    expect(toMermaid([layer('a "b" <c> & "d" <e> &')])).toContain(
      'retry["a &quot;b&quot; &lt;c&gt; &amp; &quot;d&quot; &lt;e&gt; &amp;"]',
    );
    expect(toMermaid([layer('"&"', 'answer')])).toContain('fallback["&quot;&amp;&quot;"]');
  });
});

describe('describe()', () => {
  it('tells the layers in their order with their resolved options', () => {
    expect(full.describe().map(({ kind, role }) => [kind, role])).toEqual([
      ['breaker', 'guard'],
      ['deadline', 'guard'],
      ['retry', 'guard'],
      ['timeout', 'guard'],
      ['fallback', 'answer'],
    ]);
    const [first, second, third, fourth, fifth] = full.describe().map(({ options }) => options);
    expect(first).toMatchObject({
      successThreshold: 1,
      probes: 1,
      counts: 'calls',
      handle: 'default',
      probeLease: 'default',
    });
    expect(second).toEqual({ within: 90_000 });
    expect(third).toMatchObject({ attempts: 3, maxRetryAfterMs: 60_000, budget: 'none', handle: 'default' });
    expect(fourth).toEqual({ after: 30_000, mode: 'aggressive' });
    expect(fifth).toEqual({ answer: 'value', handle: 'default' });
  });

  it('is plain data', () => {
    expect(structuredClone(full.describe())).toEqual(full.describe());
    expect(JSON.parse(JSON.stringify(full.describe()))).toEqual(full.describe());
  });

  it('cannot be used to change the policy', () => {
    const before = JSON.stringify(full.describe());
    for (const { options } of full.describe())
      for (const name of Object.keys(options)) Reflect.set(options, name, 'changed');
    (full.describe() as LayerDescription[]).pop();
    expect(JSON.stringify(full.describe())).toBe(before);
  });

  it('knows the layers it has', () => {
    expect([full.has('breaker'), full.has('fallback'), full.has('hedge'), retry().has('breaker')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
