import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FLOORS, violations } from './helpers/floors.ts';

const src = fileURLToPath(new URL('../src', import.meta.url));

function sources(): Map<string, string> {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return new Map(paths.map((path) => [path.split(sep).join(posix.sep), readFileSync(join(src, path), 'utf8')]));
}

/** A house of a few files, each given by its imports. */
function house(files: Record<string, string>): string[] {
  return violations(new Map(Object.entries(files)));
}

describe('the floors', () => {
  it('are looked at with every source there is', () => {
    const paths = [...sources().keys()];
    expect(paths).toContain('index.ts');
    expect(paths).toContain('core/errors.ts');
  });

  it('let imports look only down, types included, and run in no circle', () => {
    expect(violations(sources())).toEqual([]);
  });
});

describe('violations', () => {
  it('has nothing to say of imports that look down, or stay in their room', () => {
    const files = {
      'index.ts': `export { a } from './layers/retry.ts'; export type { B } from './core/b.ts';`,
      'layers/retry.ts': `import { p } from '../policy.ts'; import type { C } from '../circuit/c.ts';`,
      'policy.ts': `import { c } from './compile.ts';`,
      'compile.ts': `import { b } from './core/b.ts';`,
      'circuit/c.ts': `import { d } from './d.ts';`,
      'circuit/d.ts': ``,
      'core/b.ts': ``,
    };
    expect(house(files)).toEqual([]);
  });

  it.each([
    ['a value', `import { p } from '../policy.ts';`],
    ['a type', `import type { p } from '../policy.ts';`],
    ['an export', `export { p } from '../policy.ts';`],
    ['all exports', `export * from '../policy.ts';`],
    ['a call', `const p = await import('../policy.ts');`],
    ['a type in place', `let p: import('../policy.ts').P;`],
    ['a require', `import p = require('../policy.ts');`],
    ['nothing but its effects', `import '../policy.ts';`],
  ])('sees an import that looks up: %s', (_, source) => {
    expect(house({ 'policy.ts': '', 'core/a.ts': source })).toEqual(['core/a.ts imports policy.ts']);
  });

  it('sees each floor that looks at the one above it', () => {
    const one = (room: string | undefined): string => (room?.endsWith('/') ? `${room}a.ts` : String(room));
    for (let floor = 1; floor < FLOORS.length; floor++) {
      const [upper, lower] = [one(FLOORS[floor - 1]?.[0]), one(FLOORS[floor]?.[0])];
      const up = posix.relative(posix.dirname(lower), upper);
      const source = `import '${up.startsWith('.') ? up : `./${up}`}';`;
      expect(house({ [upper]: '', [lower]: source })).toEqual([`${lower} imports ${upper}`]);
    }
  });

  it('sees rooms of one floor that import each other', () => {
    expect(house({ 'circuit/a.ts': `import '../backoff/b.ts';`, 'backoff/b.ts': '' })).toEqual([
      'circuit/a.ts imports backoff/b.ts',
    ]);
    expect(house({ 'backoff/b.ts': `import '../circuit/a.ts';`, 'circuit/a.ts': '' })).toEqual([
      'backoff/b.ts imports circuit/a.ts',
    ]);
  });

  it('sees a layer that imports another, but lets one have a folder', () => {
    expect(house({ 'layers/a.ts': `import './a/part.ts';`, 'layers/a/part.ts': '' })).toEqual([]);
    expect(house({ 'layers/a.ts': `import './b/part.ts';`, 'layers/b/part.ts': '' })).toEqual([
      'layers/a.ts imports layers/b/part.ts',
    ]);
    expect(house({ 'layers/a.ts': `import type { B } from './b.ts';`, 'layers/b.ts': '' })).toEqual([
      'layers/a.ts imports layers/b.ts',
    ]);
  });

  it('sees a circle, also of types', () => {
    const files = { 'core/a.ts': `import './b.ts';`, 'core/b.ts': `import type { C } from './c.ts';`, 'core/c.ts': `import './b.ts';` };
    expect(house(files)).toEqual(['a circle: core/b.ts → core/c.ts → core/b.ts']);
  });

  it('lets an entry of its own import the package by its name, and the ground floor, but nothing between', () => {
    const files = { 'index.ts': '', 'policy.ts': '', 'core/a.ts': '', 'testing/b.ts': '' };
    const own = (source: string): string[] => house({ ...files, 'testing/a.ts': source });
    expect(own(`import { policy } from 'breakwater'; import '../core/a.ts'; import './b.ts';`)).toEqual([]);
    expect(own(`import '../policy.ts';`)).toEqual(['testing/a.ts imports policy.ts']);
    expect(own(`import '../index.ts';`)).toEqual(['testing/a.ts imports index.ts']);
    expect(house({ 'core/a.ts': `import 'breakwater';` })).toEqual(['core/a.ts imports breakwater, which is not in src']);
  });

  it('sees a package, a file that is not there, and a file on no floor', () => {
    expect(house({ 'core/a.ts': `import ts from 'typescript';` })).toEqual([
      'core/a.ts imports typescript, which is not in src',
    ]);
    expect(house({ 'core/a.ts': `import './b.ts';` })).toEqual(['core/a.ts imports ./b.ts, which is no file']);
    expect(house({ 'utils.ts': '' })).toEqual(['utils.ts is on no floor']);
  });
});
