/** Once for all tests on the site: it is built as `npm run docs` builds it, into a folder of its own, and served on this machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { chromiumPath } from '../helpers/chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the site is served, with a slash at the end. The drawings are at `drawings/` too, each on its own. */
    site: string;
    /** The folder it was built into. */
    siteFolder: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Here, before any test runs: where a browser has to be installed, that is done once.
  chromiumPath();
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'breakwater-site-'));
  build(folder);
  const server = createServer((request, response) => {
    const file = fileAt(folder, new URL(request.url ?? '', 'http://site').pathname);
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain; charset=utf-8' }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('site', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  project.provide('siteFolder', folder);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  };
}

function build(folder: string): void {
  const words = ['--import', 'tsx', join(root, 'docs/site/build.ts'), folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`The site could not be built.\n${stdout}${stderr}`);
}

function fileAt(folder: string, path: string): string | undefined {
  const name = normalize(decodeURIComponent(path));
  const file = name.startsWith('/drawings/') ? join(root, 'docs/diagrams', name.slice('/drawings/'.length)) : join(folder, name);
  const page = name.endsWith('/') ? join(file, 'index.html') : file;
  return existsSync(page) && statSync(page).isFile() ? page : undefined;
}
