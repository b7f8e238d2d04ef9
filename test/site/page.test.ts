import { describe, expect, it } from 'vitest';
import { finish } from '../../docs/site/page.ts';

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

  it('frames a table, so that it can scroll', () => {
    expect(finish('<table><tr></tr></table>', drawings)).toBe(
      '<div class="scrolls" role="region" tabindex="0" aria-label="Table"><table><tr></tr></table></div>',
    );
  });
});
