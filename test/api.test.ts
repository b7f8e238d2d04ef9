import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, inject, it } from 'vitest';
import { entriesOf, promisedValues } from './package/entries.ts';

const entries = entriesOf(inject('consumer'));

/** The declarations as they are, without comments, so that a better wording changes nothing here. */
function declarations(file: string): string {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const text = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed }).printFile(source);
  // One name a line, so that a difference shows the name and not the list.
  return text.replace(/^export \{ .* \};$/m, (list) => list.replaceAll(', ', ',\n  '));
}

/** The name of the file that holds an entry's snapshot, such as `index` for the package itself. */
function snapshot(specifier: string): string {
  return join(import.meta.dirname, 'api', specifier.split('/').slice(1).join('-') || 'index');
}

describe('the public names', () => {
  const imported = entries.filter((entry) => entry.condition === 'import');

  it.each(imported.map((entry) => [entry.specifier, entry] as const))('are those that were agreed: %s', async (_, entry) => {
    const names = promisedValues(entry.types).map((name) => `${name}\n`);
    await expect(names.join('')).toMatchFileSnapshot(`${snapshot(entry.specifier)}.names.txt`);
  });

  it.each(imported.map((entry) => [entry.specifier, entry] as const))('have the types that were agreed: %s', async (_, entry) => {
    await expect(declarations(entry.types)).toMatchFileSnapshot(`${snapshot(entry.specifier)}.d.ts.txt`);
  });

  it.each(imported.map((entry) => [entry.specifier, entry] as const))('are the same under require: %s', (_, entry) => {
    const twin = entries.find((other) => other.specifier === entry.specifier && other.condition === 'require');
    expect(declarations(twin?.types ?? 'no twin')).toBe(declarations(entry.types));
  });
});
