/** The site as a reader has it: every page in a real browser, on a telephone and on a desk, in light and in dark. */
import { readdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launch } from '../../helpers/chromium.ts';
import { addressOf } from '../../../docs/site/address.ts';
import { GUIDES } from '../../../docs/site/guides.ts';
import { cutTexts, faintTexts } from '../in-page.ts';
import { THEMES, listeningPage, open, survey, type Survey } from '../survey.ts';

const site = inject('site');
const pages = readdirSync(inject('siteFolder'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.html'));
const drawings = readdirSync(new URL('../../../docs/diagrams', import.meta.url)).map((file) => file.replace(/\.svg$/, ''));

let browser: Browser;
let seen: Survey;

beforeAll(async () => {
  browser = await launch();
  seen = await survey(browser, site, pages);
}, 300_000);

afterAll(() => browser.close());

describe('the pages of the site', () => {
  it('are the front page, every guide and the reference', () => {
    const guides = GUIDES.flatMap(({ pages: files }) => Object.keys(files).map((file) => `${addressOf(file)}.html`));
    const expected = ['index.html', 'modules/breakwater.html', ...guides];
    expect(expected.filter((path) => !pages.includes(path))).toEqual([]);
    expect(pages.filter((path) => path.startsWith('functions/')).length).toBeGreaterThan(15);
  });

  it('show no error and ask for nothing that is not there', () => {
    expect(seen.errors).toEqual([]);
  });

  it('ask nobody but their own server', () => {
    expect(seen.strangers).toEqual([]);
  });

  it('are nowhere cut at 390 px and at 1280 px', () => {
    expect(seen.cut).toEqual([]);
  });

  it('link to pages and anchors that are there', async () => {
    const broken: string[] = [];
    const files = new Map<string, boolean>();
    for (const [page, links] of seen.links) {
      for (const link of links.filter((one) => one.startsWith(site))) {
        const [path = '', anchor = ''] = link.slice(site.length).split('#').map(decodeURIComponent);
        const anchors = seen.anchors.get(path === '' ? 'index.html' : path);
        if (anchors === undefined && !files.has(path)) files.set(path, (await fetch(site + path)).ok);
        const there = anchors === undefined ? files.get(path) === true && anchor === '' : anchor === '' || anchors.has(anchor);
        if (!there) broken.push(`${page}: ${path}#${anchor}`);
      }
    }
    expect(broken).toEqual([]);
  });
});

describe('what is looked for', () => {
  it('is found where it is: texts that are cut, and words that stand out too little', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 } });
    const page = await context.newPage();
    await page.setContent(`<body style="margin: 0">
      <p style="width: 60px; overflow: hidden; white-space: nowrap">hidden beyond its box</p>
      <p style="width: 60px; overflow: auto; white-space: nowrap">scrolled in its box</p>
      <p style="width: 500px">wider than the window, so that the last of these many words are not in it any more</p>
      <svg class="drawing" viewBox="0 0 440 60" style="width: 440px"><title id="one-title">One</title>
        <rect width="440" height="60" fill="#fff"/>
        <text x="10" y="20" fill="#aaa">faint</text><text x="10" y="40" fill="#222">plain</text><text x="420" y="40" fill="#222">beyond</text>
      </svg></body>`);
    expect(await page.evaluate(cutTexts)).toEqual([
      'the page is 500 px wide',
      '"hidden beyond its box" is cut by p.',
      '"wider than the window, so that the last " leaves the window',
    ]);
    expect(await page.evaluate(faintTexts)).toEqual({
      drawings: ['one'],
      faults: ['one: "faint" has a contrast of 2.32', 'one: "beyond" is cut'],
    });
    await context.close();
  });
});

describe('the drawings', () => {
  it('are all in the guides, and can be read in light and dark', () => {
    expect(seen.faint).toEqual([]);
    expect([...seen.drawings].toSorted()).toEqual(drawings.toSorted());
  });

  it.each(THEMES)('can be read on their own, where the reader prefers %s', async (colorScheme) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 390, height: 800 } });
    const page = await context.newPage();
    for (const name of drawings) {
      await page.goto(`${site}drawings/${name}.svg`);
      expect(await page.evaluate(faintTexts)).toEqual({ drawings: [name], faults: [] });
    }
    await context.close();
  });

  it('follow what the reader chooses for the page', async () => {
    const context = await browser.newContext({ colorScheme: 'light' });
    const page = await context.newPage();
    await open(page, `${site}guides/breaker.html`);
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.querySelector('svg.drawing .paper')!).fill);
    const light = await paper();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await paper();
    await page.evaluate(() => document.querySelector('details:has(#tsd-theme)')!.setAttribute('open', ''));
    await page.selectOption('#tsd-theme', 'light');
    expect(light).not.toBe(dark);
    expect(await paper()).toBe(light);
    await context.close();
  });
});

describe('the search', () => {
  it.each([
    ['breaker', 'guides/breaker.html'],
    ['retry', 'guides/retry.html'],
    ['timeout', 'guides/timeout.html'],
    ['deadline', 'guides/deadline.html'],
    ['fallback', 'guides/fallback.html'],
    ['policy', 'functions/breakwater.policy.html'],
  ])('finds %s first', async (word, path) => {
    const heard = { errors: [], strangers: [] };
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await listeningPage(context, site, heard);
    await open(page, site);
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', word);
    const first = page.locator('#tsd-search-results a').first();
    await first.waitFor();
    await first.click();
    await page.waitForURL((url) => url.href !== site);
    expect(page.url()).toBe(`${site}${path}`);
    expect(await page.locator('h1').first().textContent()).toMatch(new RegExp(`\\b${word}\\b`, 'i'));
    expect(heard).toEqual({ errors: [], strangers: [] });
    await context.close();
  });

  it('finds the function and the chain, which differ in one capital only, before all others: Policy', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await open(page, site);
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', 'Policy');
    await page.locator('#tsd-search-results a').first().waitFor();
    const hits = await page.locator('#tsd-search-results a').evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(hits.slice(0, 2)).toEqual([`${site}functions/breakwater.policy.html`, `${site}variables/breakwater.Policy.html`]);
    await context.close();
  });
});
