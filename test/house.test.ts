import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The tracked files that are there. A hook of git names its own repository in the environment, which is left out. */
function tracked(): string[] {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const words = ['-c', 'safe.directory=*', 'ls-files', '-z'];
  const files = execFileSync('git', words, { cwd: root, env, encoding: 'utf8' }).split('\0');
  return files.filter((file) => file !== '' && existsSync(join(root, file)));
}

const files = tracked();

/** A folder that only one machine has. Written in two halves, so that this file is as clean as it asks others to be. */
const MACHINE_PATH = new RegExp(`(?<![\\w.~/-])/(?:${['ho' + 'me', 'wo' + 'rk', 'ro' + 'ot', 'Us' + 'ers', 'tm' + 'p'].join('|')})/\\w`);

/** A host of a private network: an address of one, a name under its usual endings, or a mirror of a registry. */
const PRIVATE_HOST = new RegExp(
  [
    String.raw`https?://(?:10|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d`,
    String.raw`https?://[\w.-]+\.(?:internal|intranet|corp|lan|local)\b`,
    String.raw`https?://[\w.-]*(?:regis` + String.raw`try|mirror|artifactory|nexus)[\w.-]*`,
  ].join('|'),
);

/** The places in the text files where a pattern is found, as `file:line`. */
function places(pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

describe('the house', () => {
  it('has nothing at the top but what belongs there', () => {
    const allowed = [
      'src', 'test', 'docs', 'package.json', 'package-lock.json', 'tsconfig.json', 'typedoc.json', 'README.md', 'LICENSE',
      'CHANGELOG.md',
    ];
    const top = new Set(files.map((file) => file.split('/')[0] ?? ''));
    expect([...top].filter((name) => !name.startsWith('.') && !allowed.includes(name))).toEqual([]);
  });

  it('names its files in kebab-case', () => {
    const named = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.[a-z0-9-]+)*\.[a-z]+$/;
    const sources = files.filter((file) => /^(?:src|test|docs)\//.test(file));
    // A README is what a folder opens with wherever it is looked at.
    const own = sources.filter((file) => !file.endsWith('/README.md'));
    expect(own.filter((file) => !named.test(file.split('/').at(-1) ?? ''))).toEqual([]);
  });

  it('keeps what is built out of the repository', () => {
    expect(files.filter((file) => /^(?:dist|coverage|docs\/reference|node_modules)\/|\.tgz$/.test(file))).toEqual([]);
  });

  it('names no folder of a machine', () => {
    expect(['cd /ho' + 'me/me', '"/wo' + 'rk/x"'].every((line) => MACHINE_PATH.test(line))).toBe(true);
    expect(['the frame/wo' + 'rk/x', 'src/home/page.ts', '~/tmp/x'].some((line) => MACHINE_PATH.test(line))).toBe(false);
    expect(places(MACHINE_PATH)).toEqual([]);
  });

  it('names no host of a private network', () => {
    expect(PRIVATE_HOST.test('see http://10.' + '0.0.1/x') && PRIVATE_HOST.test('http://npm.the.cor' + 'p/')).toBe(true);
    expect(PRIVATE_HOST.test('http://127.0.0.1:80 and https://www.rfc-editor.org/')).toBe(false);
    expect(places(PRIVATE_HOST)).toEqual([]);
  });
});

describe('the dependencies', () => {
  const manifestOf = (folder: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;

  it.each(['.', 'test/runtimes'])('are locked without a place in the network (`npm run lockfile` takes them out): %s', (folder) => {
    const lockfile = readFileSync(join(root, folder, 'package-lock.json'), 'utf8');
    expect(lockfile).not.toContain('"resolved"');
    expect(lockfile.match(/.*:\/\/.*/g) ?? []).toEqual([]);
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).toContain('omit-lockfile-registry-resolved=true');
  });

  it('are pinned, and are for development alone', () => {
    expect(manifestOf('.')['dependencies']).toBeUndefined();
    const pins = { ...manifestOf('.')['devDependencies'], ...manifestOf('test/runtimes')['dependencies'] };
    expect(Object.values(pins).filter((version) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('give `tsc` as the compiler of the project, although there are others beside it', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const version = execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--version']);
    expect(String(execFileSync(tsc, ['--version'], { shell: process.platform === 'win32' }))).toBe(String(version));
  });
});
