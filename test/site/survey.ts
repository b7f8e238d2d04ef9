/** Opens every page of the site once, looks at it wide and narrow, light and dark, and keeps what is to be said of it. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { cutTexts, faintTexts, linksAndAnchors } from './in-page.ts';

export const WIDTHS: readonly number[] = [390, 1280];
export const THEMES: readonly ('light' | 'dark')[] = ['light', 'dark'];

export interface Survey {
  /** Errors that the console showed, requests that failed, and answers that were no success. */
  readonly errors: string[];
  /** Requests that left the site's own server. */
  readonly strangers: string[];
  /** Texts that cannot be read in full. */
  readonly cut: string[];
  /** Texts in drawings that stand out too little, or are cut. */
  readonly faint: string[];
  /** The drawings that are in a page. */
  readonly drawings: Set<string>;
  readonly links: Map<string, string[]>;
  readonly anchors: Map<string, Set<string>>;
}

/** @param pages - paths from the site's root. */
export async function survey(browser: Browser, site: string, pages: readonly string[]): Promise<Survey> {
  const result: Survey = {
    errors: [],
    strangers: [],
    cut: [],
    faint: [],
    drawings: new Set(),
    links: new Map(),
    anchors: new Map(),
  };
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const queue = [...pages];
  const work = async (): Promise<void> => {
    const page = await listeningPage(context, site, result);
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) await look(page, site, path, result);
  };
  await Promise.all([work(), work()]);
  await context.close();
  return result;
}

/** A page whose complaints are kept. */
export async function listeningPage(context: BrowserContext, site: string, heard: Pick<Survey, 'errors' | 'strangers'>): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') heard.errors.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => heard.errors.push(`${page.url()}: ${error.message}`));
  page.on('requestfailed', (request) => heard.errors.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) heard.errors.push(`${response.url()}: ${response.status()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(site) && !request.url().startsWith('data:')) heard.strangers.push(request.url());
  });
  return page;
}

async function look(page: Page, site: string, path: string, result: Survey): Promise<void> {
  await open(page, `${site}${path}`);
  const { links, anchors } = await page.evaluate(linksAndAnchors);
  result.links.set(path, links);
  result.anchors.set(path, new Set(anchors));
  const drawn = (await page.locator('svg.drawing').count()) > 0;
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const fault of await page.evaluate(cutTexts)) result.cut.push(`${path} at ${width} px: ${fault}`);
    if (!drawn) continue;
    for (const theme of THEMES) {
      await page.evaluate((name) => void (document.documentElement.dataset['theme'] = name), theme);
      const { drawings, faults } = await page.evaluate(faintTexts);
      for (const name of drawings) result.drawings.add(name);
      for (const fault of faults) result.faint.push(`${path} at ${width} px, ${theme}: ${fault}`);
    }
  }
}

/** Opens a page and waits until its own script has shown it and built its sidebar. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction(() => document.body.style.display !== 'none' && document.querySelector('#tsd-nav-container a') !== null);
}
