/** What is done to each page after TypeDoc has made it. */

/** What is added to the name of a program: servers say of `.ts` that it is a film. */
export const AS_TEXT = '.txt';

/**
 * Puts the drawings into the page in place of the images that name them, so that they follow the page's own light and
 * dark; and wide tables into a frame in which they scroll. A link to a program leads to a copy that a browser shows.
 *
 * @param drawings - the drawings, by the name of their file without its ending.
 */
export function finish(html: string, drawings: ReadonlyMap<string, string>): string {
  const seen = new Map<string, number>();
  return html
    .replaceAll(/<p>\s*(<img [^>]*>)\s*<\/p>|(<img [^>]*>)/g, (all: string, alone?: string, inline?: string) => {
      const image = alone ?? inline ?? '';
      const name = /src="[^"]*\/([\w-]+?)(?:-\d+)?\.svg"/.exec(image)?.[1] ?? '';
      const drawing = drawings.get(name);
      if (drawing === undefined) return all;
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      return `<figure class="drawn">${unique(withoutStyle(drawing), name, times)}</figure>`;
    })
    .replaceAll(/(href="[^":]*\bmedia\/[^"/]+\.ts)"/g, `$1${AS_TEXT}"`)
    .replaceAll(/<table>([^]*?)<\/table>/g, (table: string) => {
      const columns = table.split('</tr>', 1)[0]!.split('<th').length - 1 - Number(table.includes('<thead'));
      return `<div class="scrolls${columns <= 3 ? ' stacks' : ''}" role="region" tabindex="0" aria-label="Table">${table}</div>`;
    });
}

/** Gives the page its own first sentence as its description, and a page of the reference its kind in the title. */
export function withHead(html: string, url: string): string {
  const kind = /^(function|variable|class|interface|type)(?:e?s)\//.exec(url)?.[1];
  const titled = kind === undefined ? html : html.replace(' | Breakwater</title>', `, ${kind} | Breakwater</title>`);
  const text = (/tsd-typography[^]*?<p>([^]*?)<\/p>/.exec(html)?.[1] ?? '').replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ').trim();
  const sentence = (/^.{20,200}?[.!?](?= |$)/.exec(text)?.[0] ?? text.slice(0, 200)).replaceAll('"', '&quot;');
  if (sentence === '') return titled;
  return titled.replace(/(<meta name="description" content=")[^"]*"/, (_, start: string) => `${start}${sentence}"`);
}

/** The site has the colours and the rules once, in its own style sheet. */
function withoutStyle(svg: string): string {
  return svg.replace(/<style>[^]*?<\/style>\s*/, '').trim();
}

/** A drawing that a page shows twice needs names of its own the second time. */
function unique(svg: string, name: string, times: number): string {
  if (times === 1) return svg;
  return svg.replaceAll(new RegExp(`\\b${name}-(title|about|arrow)\\b`, 'g'), `${name}-${times}-$1`);
}
