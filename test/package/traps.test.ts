/** Four faults that a build with tsup can have while publint and attw find nothing; each has its test here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { entriesOf, load, promisedValues, run, typeOf, type Entry } from './entries.ts';

const consumer = inject('consumer');
const entries = entriesOf(consumer);
/** A class as the build writes it: `class Name …` or `var Name = class …`. */
const CLASS = /^\s*(?:class\s+([\w$]+)|(?:var|let|const)\s+([\w$]+)\s*=\s*class\b)/gm;
const label = (entry: Entry): string => `${entry.specifier} (${entry.condition})`;

describe('the entries', () => {
  it('are there for both conditions', () => {
    expect(entries.map(label)).toContain('breakwater (import)');
    expect(entries.map(label)).toContain('breakwater (require)');
    expect(entries.length % 2).toBe(0);
  });

  it.each(entries.map((entry) => [label(entry), entry] as const))(
    'have in JavaScript exactly the values that the types promise: %s',
    (_, entry) => {
      const script = `console.log(JSON.stringify(Object.keys(${load(entry)}).sort()))`;
      const values = run(consumer, typeOf(entry), script);
      expect(values).toEqual(promisedValues(entry.types));
      expect(values).not.toEqual([]);
    },
  );

  it.each(entries.map((entry) => [label(entry), entry] as const))('keep the names of their classes: %s', (_, entry) => {
    const script = `console.log(JSON.stringify(Object.entries(${load(entry)})
      .filter(([, value]) => typeof value === 'function' && /^class\\b/.test(String(value)))
      .map(([name, value]) => [name, value.name])))`;
    const names = run(consumer, typeOf(entry), script) as [string, string][];
    expect(names.map(([, name]) => name)).toEqual(names.map(([name]) => name));
    if (entry.specifier === 'breakwater') expect(names.length).toBeGreaterThanOrEqual(5);
  });

  it.each(['import', 'require'] as const)('share one copy of every class: %s', (condition) => {
    const declared = new Map<string, string[]>();
    for (const entry of entries.filter((one) => one.condition === condition)) {
      for (const [, own, given] of readFileSync(entry.code, 'utf8').matchAll(CLASS)) {
        const name = own ?? given ?? '';
        declared.set(name, [...(declared.get(name) ?? []), entry.specifier]);
      }
    }
    expect([...declared].filter(([, places]) => places.length > 1)).toEqual([]);
    expect([...declared.keys()].join(' ')).toContain('CircuitOpenError');
  });

  it.each(['import', 'require'] as const)('mean the same thing by the same name: %s', (condition) => {
    const loaded = entries.filter((entry) => entry.condition === condition);
    const script = `
      const seen = new Map(), twice = [];
      for (const names of [${loaded.map(load).join(', ')}]) {
        for (const [name, value] of Object.entries(names)) {
          if (seen.has(name) && seen.get(name) !== value) twice.push(name);
          seen.set(name, value);
        }
      }
      console.log(JSON.stringify(twice))`;
    expect(run(consumer, condition === 'import' ? 'module' : 'commonjs', script)).toEqual([]);
  });

  it.each(entries.map((entry) => [label(entry), entry] as const))(
    'name the lib of Disposable in their declarations: %s',
    (_, entry) => {
      expect(readFileSync(entry.types, 'utf8').split('\n', 1)).toEqual(['/// <reference lib="esnext.disposable" />']);
    },
  );
});

describe('the errors', () => {
  it('carry their own names, as classes and as instances, in CJS', () => {
    const script = `
      const { CircuitOpenError } = require('breakwater');
      const error = new CircuitOpenError(1);
      console.log(JSON.stringify([CircuitOpenError.name, error.name, error.constructor.name, String(error).split(':')[0]]))`;
    expect(run(consumer, 'commonjs', script)).toEqual(Array(4).fill('CircuitOpenError'));
  });

  it('are recognised by instanceof across the ESM and the CJS copy', () => {
    const script = `
      import { createRequire } from 'node:module';
      import * as esm from 'breakwater';
      const cjs = createRequire(process.cwd() + '/index.js')('breakwater');
      console.log(JSON.stringify({
        copies: esm.CircuitOpenError !== cjs.CircuitOpenError,
        own: new esm.CircuitOpenError(1) instanceof cjs.CircuitOpenError,
        back: new cjs.CircuitOpenError(1) instanceof esm.CircuitOpenError,
        base: new cjs.TimeoutError(1) instanceof esm.PolicyError,
        derived: new cjs.CircuitIsolatedError() instanceof esm.CircuitOpenError,
        other: new cjs.TimeoutError(1) instanceof esm.CircuitOpenError,
        foreign: new Error('x') instanceof esm.PolicyError,
      }))`;
    expect(run(consumer, 'module', script)).toEqual({
      copies: true,
      own: true,
      back: true,
      base: true,
      derived: true,
      other: false,
      foreign: false,
    });
  });
});

describe('promisedValues', () => {
  it('tells a class that is exported as a type from one that is exported', () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-'));
    try {
      const file = join(folder, 'sample.d.ts');
      writeFileSync(
        file,
        `declare class A {} declare class B {} declare class C {} interface D {} declare const E: 1; type F = 1;
         declare function G(): void; declare const H: 2; interface H {}
         export { A, type B, D, E, F, G, H as I }; export type { C };`,
      );
      expect(promisedValues(file)).toEqual(['A', 'E', 'G', 'I']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
