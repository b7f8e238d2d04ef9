/**
 * Once for all tests on the package: a copy of the tree is built and packed as a release would be, and the tarball is
 * installed into an empty project. The copy keeps the working tree's own dist out of it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed package. */
    tarball: string;
    /** An empty project in which the tarball is installed, and nothing else. */
    consumer: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = /^(\.git|\.stryker-tmp.*|node_modules|dist|coverage|reference)$/;

export default function setup(project: TestProject): () => void {
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'breakwater-'));
  const remove = (): void => rmSync(base, { recursive: true, force: true });
  try {
    const stage = join(base, 'stage');
    cpSync(root, stage, { recursive: true, filter: (path) => !built.test(basename(path)) });
    symlinkSync(join(root, 'node_modules'), join(stage, 'node_modules'), 'junction');
    npm(stage, 'pack', '--pack-destination', base);
    const tarball = join(base, readdirSync(base).find((name) => name.endsWith('.tgz')) ?? 'no tarball');

    const consumer = join(base, 'consumer');
    mkdirSync(consumer);
    writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true }\n');
    npm(consumer, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball);
    for (const name of ['esm.mts', 'cjs.cts']) cpSync(join(root, 'test/package/consumer', name), join(consumer, name));

    project.provide('tarball', tarball);
    project.provide('consumer', consumer);
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function npm(cwd: string, ...words: string[]): void {
  execFileSync('npm', ['--loglevel', 'error', ...words], { cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
}
