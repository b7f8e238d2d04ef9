import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { docFaults, optionsOf } from './helpers/doc-rules.ts';
import { brokenLinks } from './helpers/links.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host);
const entry = join(root, 'src/index.ts');
const testing = join(root, 'src/testing/index.ts');
const program = ts.createProgram([entry, testing], config?.options ?? {});

describe('the doc comments', () => {
  it('give each public value an example, each duration its unit, and each optional option its default', () => {
    expect([entry, testing].flatMap((one) => docFaults(one, program))).toEqual([]);
  });

  it('would be told of, where they say less', () => {
    const code = [
      '/** Does. */ export function wait(ms: number): void {}',
      '/** Does, for `ms` milliseconds.', '* @example', '* ```ts', '* pause(1) // => 2', '* ``` */ export function pause(ms: number): void {}',
      '/** Options. */ export interface AnyOptions {',
      '/** How long. */ readonly time?: number;',
      '/** Which.', '* @default 3 */ attempts?: number }',
    ].join('\n');
    const options: ts.CompilerOptions = { noLib: true, noResolve: true };
    const host = ts.createCompilerHost(options, true);
    host.getSourceFile = (path, version) => (path === 'a.ts' ? ts.createSourceFile(path, code, version, true) : undefined);
    expect(docFaults('a.ts', ts.createProgram(['a.ts'], options, host))).toEqual([
      'wait has no @example that runs',
      'wait(ms) does not say its unit',
      'AnyOptions.time has no @default',
      'AnyOptions.time does not say its unit',
    ]);
  });
});

describe('the guides', () => {
  it.each([
    ['docs/breaker.md', 'BreakerOptions'],
    ['docs/breaker.md', 'FailureRatioOptions'],
    ['docs/breaker.md', 'SlowCallRatioOptions'],
    ['docs/retry.md', 'RetryOptions'],
    ['docs/hedge.md', 'HedgeOptions'],
    ['docs/hedge.md', 'QuantileOptions'],
    ['docs/timeout.md', 'TimeoutOptions'],
    ['docs/bulkhead.md', 'BulkheadOptions'],
    ['docs/deadline.md', 'CommonOptions'],
    ['docs/rate-limit.md', 'RateLimitOptions'],
    ['docs/rate-limit.md', 'TokenBucketOptions'],
    ['docs/fallback.md', 'FallbackOptions'],
    ['docs/cache.md', 'CacheOptions'],
    ['docs/coalesce.md', 'CoalesceOptions'],
  ])('list every option in a table, with the default of its doc comment where that is a literal: %s', (page, owner) => {
    const rows = readFileSync(join(root, page), 'utf8').split('\n').filter((line) => line.startsWith('| `'));
    const options = optionsOf(entry, program, owner);
    expect(options.length).toBeGreaterThan(1);
    const wrong = options.filter(({ name, otherwise }) => {
      const row = rows.find((line) => line.split('|')[1]!.includes(`\`${name}\``));
      const literal = /^(?:[\d_]+|'[^']*'|\w+\(.*\))$/.exec(otherwise ?? '')?.[0];
      return row === undefined || (literal !== undefined && !row.includes(`\`${literal}\``));
    });
    expect(wrong).toEqual([]);
  });
});

describe('the links of the pages', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

  it('lead to files and headings that are there', () => {
    const read = (path: string): string | undefined => {
      const file = join(root, path);
      return existsSync(file) ? (file.endsWith('.md') ? readFileSync(file, 'utf8') : '') : undefined;
    };
    expect(pages.flatMap((page) => brokenLinks(page, read).map((link) => `${page}: ${link}`))).toEqual([]);
  });

  it('lead from README to every page', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(pages.filter((page) => page !== 'README.md' && !readme.includes(`](${page})`))).toEqual([]);
  });

  it('would be told of, where they are broken', () => {
    const files: Record<string, string> = {
      'docs/a.md': '[one](b.md) [two](b.md#a-head-with-code) [three](#here) [web](https://example.org/x)\n# Here\n```\n[no](link.md)\n```',
      'docs/b.md': '## A head, with `code`\n',
      'docs/c.md': '[one](../d.md) [two](a.md#there) [three](#no) `[four](e.md)`',
    };
    const read = (path: string): string | undefined => files[path];
    expect(brokenLinks('docs/a.md', read)).toEqual([]);
    expect(brokenLinks('docs/c.md', read)).toEqual(['../d.md', 'a.md#there', '#no']);
  });
});
