import { describe, expect, it } from 'vitest';
import { finish, withHead } from '../../docs/site/page.ts';

const svg = `<svg class="drawing" aria-labelledby="wave-title wave-about">
<title id="wave-title">A wave</title>
<desc id="wave-about">It rises.</desc>
<style>
.drawing { fill: red }
</style>
<path marker-end="url(#wave-arrow)"/></svg>
`;
const drawings = new Map([['wave', svg]]);

describe('finish', () => {
  it('puts a drawing in the place of its image, without the style sheet that the site has', () => {
    expect(finish('<p>Look:</p>\n<p><img src="../media/wave.svg" alt="a wave"></p>', drawings)).toBe(
      '<p>Look:</p>\n<figure class="drawn"><svg class="drawing" aria-labelledby="wave-title wave-about">\n' +
        '<title id="wave-title">A wave</title>\n<desc id="wave-about">It rises.</desc>\n' +
        '<path marker-end="url(#wave-arrow)"/></svg></figure>',
    );
  });

  it('gives a drawing that is shown a second time names of its own', () => {
    const html = finish('<img src="media/wave.svg"/> <img src="media/wave.svg"/>', drawings);
    const names = [...html.matchAll(/id="([^"]*)"/g)].map(([, name]) => name);
    expect(names).toEqual(['wave-title', 'wave-about', 'wave-2-title', 'wave-2-about']);
    expect(html).toContain('url(#wave-2-arrow)');
  });

  it('leaves other images alone', () => {
    const html = '<p><img src="media/photo.png" alt=""></p><img src="media/other.svg">';
    expect(finish(html, drawings)).toBe(html);
  });

  it('leads to a program as to a text', () => {
    const html = '<a href="../media/app.ts">app.ts</a> <a href="https://example.org/media/app.ts">elsewhere</a>';
    expect(finish(html, drawings)).toBe(html.replace('../media/app.ts', '../media/app.ts.txt'));
  });

  it('frames a table, so that it can scroll; one of up to three columns can stack its cells', () => {
    const table = (columns: number): string => `<table><thead><tr>${'<th></th>'.repeat(columns)}</tr></thead></table>`;
    const frame = (names: string, inner: string): string => `<div class="${names}" role="region" tabindex="0" aria-label="Table">${inner}</div>`;
    expect(finish(table(4), drawings)).toBe(frame('scrolls', table(4)));
    expect(finish(table(3), drawings)).toBe(frame('scrolls stacks', table(3)));
  });
});

describe('withHead', () => {
  it('describes a page by its first sentence, and says in the title what kind of name it is about', () => {
    const head = '<title>retry | Breakwater</title><meta name="description" content="x"/>';
    const body = '<div class="tsd-typography"><p>Repeats <code>what</code> failed, again. And more.</p></div>';
    expect(withHead(head + body, 'functions/breakwater.retry.html')).toBe(
      `<title>retry, function | Breakwater</title><meta name="description" content="Repeats what failed, again."/>${body}`,
    );
    expect(withHead(head, 'guides/retry.html')).toBe(head);
  });
});
