/** The shape of the guides: what their reader may count on, whichever page it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { samplesIn } from './helpers/samples.ts';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const read = (page: string): string => readFileSync(join(docs, page), 'utf8');
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));

/** The headings of a level, with what stands under each up to the next one of that level or above. */
function sections(markdown: string, level: 2 | 3): Map<string, string> {
  const found = new Map<string, string>();
  let open: string | undefined;
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (/^\s*```/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^(#+) +(.*)$/.exec(line);
    if (heading !== null && heading[1]!.length <= level) {
      open = heading[1]!.length === level ? heading[2]! : undefined;
      if (open !== undefined) found.set(open, '');
    } else if (open !== undefined) found.set(open, `${found.get(open)}${line}\n`);
  }
  return found;
}

const PARTS = ['cache.md', 'coalesce.md', 'breaker.md', 'deadline.md', 'retry.md', 'hedge.md', 'timeout.md', 'rate-limit.md', 'bulkhead.md', 'fallback.md', 'handle.md'];
const HEADINGS = [
  'When to use it', 'When not to', 'Example', 'Options', 'Hard cases', 'What it emits', 'Its place in the order', 'Gotchas',
  'Anti-patterns', 'See also',
];

describe('the guides of the parts', () => {
  it.each(PARTS)('have the same headings in the same order: %s', (page) => {
    const headings = [...sections(read(page), 2).keys()];
    expect(headings.filter((heading) => HEADINGS.includes(heading))).toEqual(HEADINGS);
  });
});

describe('the anti-patterns', () => {
  const all = pages.flatMap((page) => {
    const under = sections(read(page), 2).get('Anti-patterns') ?? '';
    return [...sections(under, 3)].map(([name, text]) => ({ name: `${page}: ${name}`, text }));
  });

  it('show in code what not to write and what to write instead, or say on which page that is', () => {
    const wrong = all.filter(({ text }) => {
      if (!text.includes('```')) return !/\]\([a-z-]+\.md#/.test(text);
      return samplesIn('page.md', text).length !== 2 || !/[Ii]nstead of\n\n```ts\n/.test(text) || !/\n\nwrite\n\n```ts\n/.test(text);
    });
    expect(all.length).toBeGreaterThan(20);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});

describe('the drawings of the guides', () => {
  const shown = pages.flatMap((page) =>
    [...read(page).matchAll(/^!\[([^\]]*)\]\(diagrams\/([a-z-]+\.svg)\)\n\n(.*)$/gm)].map(([, alt, file, below]) => ({ page, alt, file, below })),
  );

  it('are all shown', () => {
    const drawn = readdirSync(join(docs, 'diagrams')).filter((name) => name.endsWith('.svg'));
    expect(drawn.filter((name) => shown.every(({ file }) => file !== name))).toEqual([]);
  });

  it('say in words what they show, and are read by the text below them', () => {
    const wrong = shown.filter(({ alt, below }) => (alt ?? '').length < 60 || !/^[A-Z]/.test(below ?? ''));
    expect(wrong).toEqual([]);
  });
});
