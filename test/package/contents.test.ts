import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(inject('consumer'), 'node_modules/breakwater');
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;

describe('the packed package', () => {
  it('contains the build, the readme, the licence and the changelog, and nothing else', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(folder.length + 1));
    expect(files.sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/index.cjs',
      'dist/index.d.cts',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/testing.cjs',
      'dist/testing.d.cts',
      'dist/testing.d.ts',
      'dist/testing.js',
      'package.json',
    ]);
  });

  it('needs no other package', () => {
    for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) {
      expect(manifest[kind], kind).toBeUndefined();
    }
    const installed = readdirSync(join(folder, '..')).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['breakwater']);
  });

  it('runs nothing when it is installed', () => {
    const scripts = manifest['scripts'] as Record<string, string>;
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  it('imports no module but those of Node, by their full names, and itself', () => {
    const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)["']([^"']+)["']/g;
    for (const [name, own] of Object.entries<readonly string[]>({ index: [], testing: ['breakwater'] })) {
      for (const ending of ['js', 'cjs']) {
        const code = readFileSync(join(folder, 'dist', `${name}.${ending}`), 'utf8');
        const words = [...code.matchAll(pattern)].map(([, word = '']) => word);
        expect(words.filter((word) => !word.startsWith('node:') && !own.includes(word)), `${name}.${ending}`).toEqual([]);
      }
    }
  });

  it('points at no source map', () => {
    for (const name of readdirSync(join(folder, 'dist'))) {
      expect(readFileSync(join(folder, 'dist', name), 'utf8'), name).not.toContain('sourceMappingURL');
    }
  });

  it('is clean for publint, strictly', async () => {
    const { messages } = await publint({ pkgDir: folder, level: 'suggestion', strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  it('has types that are right for every way to resolve them (attw)', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const words = [attw, inject('tarball'), '--format', 'json'];
    const { analysis, problems } = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as {
      analysis: { entrypoints: Record<string, { resolutions: Record<string, unknown> }> };
      problems?: Record<string, unknown>;
    };
    expect(problems ?? {}).toEqual({});
    for (const entry of ['.', './testing']) {
      const ways = Object.keys(analysis.entrypoints[entry]?.resolutions ?? {});
      expect(ways.sort(), entry).toEqual(['bundler', 'node10', 'node16-cjs', 'node16-esm']);
    }
  });
});
