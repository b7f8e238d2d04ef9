/** The first five minutes in an editor: what it shows over the names of README's samples, in a project of its own. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { openEditor } from '../helpers/editor.ts';
import { samplesIn } from '../helpers/samples.ts';
import { newProject } from './project.ts';

const project = newProject(inject('consumer'));
afterAll(() => project[Symbol.dispose]());

const samples = samplesIn('README.md', readFileSync(new URL('../../README.md', import.meta.url), 'utf8'));
const sources = Object.fromEntries(samples.map(({ code }, i) => [`sample-${i}.mts`, `${code}\nexport {};\n`]));
const editor = openEditor({ ...sources, 'chain.mts': `import { Policy } from 'breakwater';\nPolicy.breaker().;\n` }, project.folder);

/** What is shown over each name of a sample that stands for something of ours, or is made by it: each text once. */
function shown(file: string): string[] {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !ts.isImportSpecifier(node.parent)) found.add(editor.hover(file, node));
    ts.forEachChild(node, visit);
  };
  visit(editor.read(file));
  return [...found];
}

const SDK = '(Anthropic.Messages.Message & {\n    _request_id?: string | null;\n    _workspace_id?: string | null;\n}) | null';

describe("README's samples in an editor", () => {
  it('have nothing to complain of', () => {
    expect(samples.flatMap((_, i) => editor.complaints(`sample-${i}.mts`))).toEqual([]);
  });

  it('show the ten lines step by step', () => {
    expect(shown('sample-0.mts')).toEqual(
      expect.arrayContaining([
        '(alias) const Policy: FluentPolicy<never, "sync", never>\nimport Policy',
        '(method) breaker<"reject">(options?: BreakerOptions<"reject"> | undefined): FluentPolicy<"breaker", "sync", never>',
        '(property) BreakerOptions<W extends WhenOpen = WhenOpen>.failureThreshold?: number | undefined',
        '(property) BreakerOptions<W extends WhenOpen = WhenOpen>.counts?: "calls" | "attempts" | undefined',
        '(method) retry<number[]>(options?: RetryOptions<number[]> | undefined): FluentPolicy<"breaker" | "retry", "async", never>',
        '(method) timeout(after: number | TimeoutOptions): FluentPolicy<"breaker" | "retry" | "timeout", "async", never>',
        '(method) fallback<null>(value: null, options?: FallbackOptions): FluentPolicy<"breaker" | "retry" | "timeout" | "fallback", "async", null> (+1 overload)',
        'const guard: FluentPolicy<"breaker" | "retry" | "timeout" | "fallback", "async", null>',
        '(parameter) signal: AbortSignal',
        `const summarize: (content: string) => Promise<${SDK}>`,
      ]),
    );
  });

  it('show the parts and what they are composed to', () => {
    expect(shown('sample-1.mts')).toEqual(
      expect.arrayContaining([
        'const circuit: Breaker<"sync">',
        'const again: RetryPolicy<"async">',
        'const guard: PolicyOf<"breaker" | "retry" | "timeout" | "fallback", "async", null>',
        '(property) PolicyOf<"breaker" | "retry" | "timeout" | "fallback", "async", null>.circuit: Breaker<Mode>',
      ]),
    );
  });

  it('show what a wrapped function answers, and the circuit behind it', () => {
    expect(shown('sample-2.mts')).toEqual(
      expect.arrayContaining([
        'const guard: FluentPolicy<"breaker" | "retry" | "fallback", "async", null>',
        'const summarize: (text: string) => Promise<string | null>',
        'const answer: string | null',
        '(property) Circuit.state: CircuitState',
        '(method) Circuit.whenAdmitting(options?: AwaitCircuitOptions): Promise<void>',
      ]),
    );
  });
});

describe('a chain in an editor', () => {
  const offers = editor.offers('chain.mts', editor.read('chain.mts').text.indexOf('.;') + 1);

  it('offers the steps that are left, and what every policy can', () => {
    expect(offers).toEqual(expect.arrayContaining(['deadline', 'retry', 'timeout', 'fallback', 'with', 'wrap', 'execute', 'circuit']));
    expect(offers).not.toContain('breaker');
  });
});
