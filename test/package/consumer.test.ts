import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { run } from './entries.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const consumer = inject('consumer');
const compilers = ['typescript54', 'typescript59', 'typescript', 'typescript70'];

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: false,
  target: 'es2022',
};
const browser = { lib: ['es2022', 'dom'], types: [] };
const node = { lib: ['es2022'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
const ways: Record<string, { compilerOptions: object; files: string[] }> = {
  'nodenext, with the lib of browsers': {
    compilerOptions: { ...strict, ...browser, module: 'nodenext', moduleResolution: 'nodenext' },
    files: ['esm.mts', 'cjs.cts'],
  },
  'nodenext, with the types of Node': {
    compilerOptions: { ...strict, ...node, module: 'nodenext', moduleResolution: 'nodenext' },
    files: ['esm.mts', 'cjs.cts'],
  },
  bundler: {
    compilerOptions: { ...strict, ...browser, module: 'esnext', moduleResolution: 'bundler' },
    files: ['esm.mts'],
  },
};

/** Runs a compiler over the consumer's files, and gives its version and what it complains of. */
function compile(compiler: string, way: { compilerOptions: object; files: string[] }): { version: string; output: string } {
  const bin = join(root, 'node_modules', compiler, 'bin/tsc');
  const config = join(mkdtempSync(join(consumer, 'check-')), 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ ...way, files: way.files.map((file) => join(consumer, file)) }));
  const { stdout } = spawnSync(process.execPath, [bin, '-p', config, '--pretty', 'false'], { encoding: 'utf8' });
  const manifest = readFileSync(join(root, 'node_modules', compiler, 'package.json'), 'utf8');
  return { version: (JSON.parse(manifest) as { version: string }).version, output: stdout };
}

describe('a project that installed the package', () => {
  it('has compilers from 5.4 to 7.0 to check it with', () => {
    const versions = compilers.map((compiler) => {
      const manifest = readFileSync(join(root, 'node_modules', compiler, 'package.json'), 'utf8');
      return (JSON.parse(manifest) as { version: string }).version.split('.').slice(0, 2).join('.');
    });
    expect(versions).toEqual(['5.4', '5.9', '6.0', '7.0']);
  });

  describe.each(compilers)('under %s', (compiler) => {
    it.each(Object.keys(ways))('is free of type errors: %s', (name) => {
      const way = ways[name];
      if (!way) throw new Error(name);
      expect(compile(compiler, way).output).toBe('');
    });
  });

  it.each(compilers)('has its own type errors found by %s', (compiler) => {
    writeFileSync(
      join(consumer, 'wrong.mts'),
      `import { CircuitOpenError } from 'breakwater';\nexport const name: number = new CircuitOpenError(1).name;\n`,
    );
    const { compilerOptions } = ways['bundler'] ?? {};
    const { output } = compile(compiler, { compilerOptions: compilerOptions ?? {}, files: ['wrong.mts'] });
    expect(output).toMatch(/wrong\.mts\(2,14\): error TS2322/);
    expect(output.match(/error TS/g)).toHaveLength(1);
  });

  it('imports it', () => {
    const script = `import { CircuitOpenError } from 'breakwater'; console.log(new CircuitOpenError(1500).retryAfter)`;
    expect(run(consumer, 'module', script)).toBe(2);
  });

  it('requires it', () => {
    const script = `const { CircuitOpenError } = require('breakwater'); console.log(new CircuitOpenError(1500).retryAfter)`;
    expect(run(consumer, 'commonjs', script)).toBe(2);
  });
});
