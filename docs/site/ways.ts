/** The ways between the pages: from a guide to the reference and back, and on to the next guide. */
import { posix } from 'node:path';
import { GUIDES } from './guides.ts';
import { addressOf } from './address.ts';

/** What the reference has to a guide: the guide's file, and the names in the order in which they are shown. */
export const REFERENCE: Readonly<Record<string, readonly string[]>> = {
  'docs/breaker.md': [
    'breaker', 'BreakerOptions', 'Breaker', 'consecutive', 'failureRatio', 'slowCallRatio', 'anyOf', 'lastCalls', 'lastMs',
  ],
  'docs/retry.md': ['retry', 'RetryOptions', 'RetryPolicy', 'exponential', 'linear', 'constant', 'retryAfterHint', 'retryBudget'],
  'docs/hedge.md': ['hedge', 'HedgeOptions', 'HedgePolicy', 'quantile', 'QuantileOptions'],
  'docs/bulkhead.md': ['bulkhead', 'BulkheadOptions', 'Bulkhead', 'BulkheadRejectedError'],
  'docs/timeout.md': ['timeout', 'TimeoutOptions', 'TimeoutPolicy'],
  'docs/deadline.md': ['deadline', 'deadlineIn', 'DeadlinePolicy'],
  'docs/rate-limit.md': ['rateLimit', 'tokenBucket', 'slidingWindow', 'RateLimitOptions', 'RateLimitPolicy', 'TokenBucketOptions'],
  'docs/fallback.md': ['fallback', 'FallbackOptions', 'FallbackPolicy'],
  'docs/cache.md': ['cache', 'CacheOptions', 'CachePolicy', 'CacheStore', 'memoryStore'],
  'docs/coalesce.md': ['coalesce', 'CoalesceOptions', 'CoalescePolicy'],
  'docs/handle.md': ['errors', 'results', 'outcomes', 'ignoring', 'anyError'],
  'docs/keyed.md': ['keyed', 'Keyed', 'KeyedOptions'],
  'docs/stop.md': ['stopWhen', 'Stop', 'circuitOpen', 'deadlineExpired', 'maxIterations', 'noProgress', 'stopCondition', 'not', 'anyOf'],
  'docs/order.md': ['policy', 'Policy', 'Chain', 'ORDER'],
  'docs/testing.md': ['manualClock', 'ManualClock', 'failsTimes', 'hangs', 'latency', 'script', 'simulate', 'SimulateOptions', 'Timeline', 'chaos', 'ChaosOptions'],
};

const guides = GUIDES.flatMap(({ pages }) => Object.entries(pages).map(([file, title]) => ({ file, title, url: `${addressOf(file)}.html` })));
const MODULES = ['breakwater', 'breakwater_testing'];
const KINDS = ['functions', 'variables', 'classes', 'interfaces', 'types'];

/**
 * Puts the ways into a page.
 *
 * @param url - the page, from the site's root.
 * @param urls - all pages there are.
 */
export function withWays(html: string, url: string, urls: readonly string[]): string {
  const to = (target: string): string => posix.relative(posix.dirname(url), target);
  const here = guides.findIndex((guide) => guide.url === url);
  const guide = guides[here];
  if (guide === undefined) {
    const name = /^\w+\/breakwater(?:_testing)?\.(\w+)\.html$/.exec(url)?.[1] ?? '';
    const about = guides.find(({ file }) => REFERENCE[file]?.includes(name));
    if (about === undefined) return html;
    return html.replace('</h1>', () => `</h1><p class="ways">Guide: <a href="${to(about.url)}">${about.title}</a></p>`);
  }
  const links = (REFERENCE[guide.file] ?? []).map((name) => `<a href="${to(pageOf(name, urls))}"><code>${name}</code></a>`);
  const titled = links.length === 0 ? html : html.replace('</h1>', () => `</h1><p class="ways">Reference: ${links.join(', ')}</p>`);
  const [before, after] = [guides[here - 1], guides[here + 1]];
  const steps = [
    ...(before === undefined ? [] : [`<a href="${to(before.url)}" rel="prev">← ${before.title}</a>`]),
    ...(after === undefined ? [] : [`<a class="next" href="${to(after.url)}" rel="next">${after.title} →</a>`]),
  ];
  const footer = `<nav class="onward" aria-label="Guides">${steps.join('')}</nav>`;
  return titled.replace('</div>\n<div class="col-sidebar">', (end) => `${footer}${end}`);
}

function pageOf(name: string, urls: readonly string[]): string {
  const candidates = MODULES.flatMap((module) => KINDS.map((kind) => `${kind}/${module}.${name}.html`));
  const found = candidates.find((url) => urls.includes(url));
  if (found === undefined) throw new Error(`The reference has no page for ${name}: see docs/site/ways.ts`);
  return found;
}
