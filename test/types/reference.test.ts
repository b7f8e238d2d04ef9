/** The reference says a thing once, and leads there from wherever else it is named. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The doc comments of a source, by the names that they stand over; an overload's follow those of the first. */
function comments(file: string): Map<string, string[]> {
  const url = new URL(`../../src/${file}`, import.meta.url);
  const source = ts.createSourceFile(file, readFileSync(url, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = new Map<string, string[]>();
  const visit = (node: ts.Node): void => {
    const name = (node as ts.Node & { name?: ts.Node }).name?.getText();
    if (ts.isVariableStatement(node)) note(node.declarationList.declarations[0]?.name.getText(), node);
    else if (name !== undefined) note(ts.isMethodSignature(node) ? `Chain.${name}` : name, node);
    ts.forEachChild(node, visit);
  };
  const note = (name: string | undefined, node: ts.Node): void => {
    const texts = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).map((comment) => comment.getText());
    if (name !== undefined && texts.length > 0) found.set(name, [...(found.get(name) ?? []), ...texts]);
  };
  visit(source);
  return found;
}

const fluent = comments('fluent.ts');

describe.each(['breaker', 'deadline', 'retry', 'timeout', 'fallback'])('the reference of %s', (kind) => {
  it('says it all at the factory, which leads to the step of a chain', () => {
    expect(comments(`layers/${kind}.ts`).get(kind)?.[0]).toContain(`{@link Chain.${kind}}`);
  });

  it('says one sentence at the step, which leads to the factory', () => {
    const steps = fluent.get(`Chain.${kind}`) ?? [];
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) {
      const text = step.replaceAll(/^\s*(?:\/\*\*|\*\/|\*)\s?|\s*\*\/$/gm, '').split('@typeParam')[0] ?? '';
      expect(text.trim()).toMatch(new RegExp(`^Adds [^.]*: see \\{@link ${kind}\\}\\.$`));
    }
  });
});

describe('the reference of policies', () => {
  it('leads from the chain to the function and back', () => {
    expect(fluent.get('Policy')?.join('')).toMatch(/\{@link PolicyOf\}[^]*\{@link Chain\}[^]*\{@link policy\}/);
    expect(fluent.get('Chain')?.join('')).toContain('{@link Policy}');
    expect(comments('policy.ts').get('policy')?.[0]).toContain('{@link Policy}');
  });
});
