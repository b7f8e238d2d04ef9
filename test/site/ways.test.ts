import { describe, expect, it } from 'vitest';
import { withWays } from '../../docs/site/ways.ts';

const names = ['timeout', 'TimeoutOptions', 'TimeoutPolicy'];
const urls = names.map((name) => `${name === 'timeout' ? 'functions' : 'interfaces'}/breakwater.${name}.html`);
const page = '<h1>A</h1><div></div>\n<div class="col-sidebar">';

describe('withWays', () => {
  it('leads from a guide to the reference, and to the guides before and after it', () => {
    const html = withWays(page, 'guides/timeout.html', urls);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link);
    expect(links).toEqual([...urls.map((url) => `../${url}`), 'retry.html', 'deadline.html']);
  });

  it('leads from the reference to the guide', () => {
    const way = '</h1><p class="ways">Guide: <a href="../guides/timeout.html">timeout</a></p>';
    expect(withWays(page, urls[1]!, urls)).toBe(page.replace('</h1>', way));
  });

  it('leaves other pages alone, and says when the reference lacks a name', () => {
    expect(withWays(page, 'index.html', urls)).toBe(page);
    expect(() => withWays(page, 'guides/fallback.html', urls)).toThrow('no page for fallback');
  });
});
