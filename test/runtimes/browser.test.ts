/** The first five minutes in a browser: bundled by esbuild, loaded by chromium from this machine. */
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launch } from '../helpers/chromium.ts';
import { calling, selfCheck, tenLines, type Program } from './programs.ts';
import { newProject } from './project.ts';
import { startService } from './service.ts';

const project = newProject(inject('consumer'));

/** A page has no environment to name the server in, and the SDK wants to hear that it may run in one. */
const forPages = tenLines.replace('maxRetries: 0', 'maxRetries: 0, baseURL: location.origin, dangerouslyAllowBrowser: true');

const PROGRAMS: Readonly<Record<string, Program>> = {
  '/ten-lines': calling(forPages),
  '/self-check': selfCheck,
  '/in-a-worker': {
    code: `new Worker('/self-check.js', { type: 'module' });`,
    prints: selfCheck.prints,
  },
};

const scripts: Record<string, string> = {};
const service = await startService(scripts);
let browser: Browser | undefined;

async function bundle(code: string): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: project.folder },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outputFiles[0]?.text ?? '';
}

beforeAll(async () => {
  for (const [path, { code }] of Object.entries(PROGRAMS)) scripts[`${path}.js`] = await bundle(code);
  browser = await launch();
}, 300_000);

afterAll(async () => {
  project[Symbol.dispose]();
  await browser?.close();
  await service.close();
});

/** Opens the page of a program, and expects its line: nothing else is printed, thrown, or asked for. */
async function expectPage(path: string): Promise<void> {
  if (browser === undefined) throw new Error('The browser was not started.');
  const page = await browser.newPage();
  const strangers: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url) && !request.url().startsWith('data:')) strangers.push(request.url());
  });
  const first = new Promise<string>((resolve) => {
    page.on('console', (message) => resolve(message.text()));
    page.on('pageerror', (error) => resolve(String(error)));
  });
  await page.goto(service.url + path);
  expect(await first).toBe(JSON.stringify(PROGRAMS[path]?.prints));
  expect(strangers).toEqual([]);
  await page.close();
}

describe('the installed package in a browser', () => {
  it("runs README's ten lines", async () => {
    expect(forPages).not.toBe(tenLines);
    await expectPage('/ten-lines');
  });

  it('retries, opens, probes, stops what takes too long, and answers at once where nothing waits', async () => {
    service.hungUp.length = 0;
    await expectPage('/self-check');
    await expect.poll(() => service.hungUp).toEqual(['/hang']);
  });

  it('does so in a worker, too', async () => {
    await expectPage('/in-a-worker');
  });
});
