import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUIDES, PARTS } from '../../docs/site/guides.ts';

const listed = GUIDES.flatMap(({ pages }) => Object.keys(pages));

describe('GUIDES', () => {
  it('lists every guide once', () => {
    const files = readdirSync(new URL('../../docs', import.meta.url)).filter((name) => name.endsWith('.md'));
    expect(listed.toSorted()).toEqual(['CHANGELOG.md', ...files.map((name) => `docs/${name}`)].toSorted());
  });

  it('calls a part by the name of its function, which is what one searches for', () => {
    const parts = GUIDES.find(({ title }) => title === PARTS)?.pages ?? {};
    expect(Object.entries(parts).filter(([file, title]) => file !== `docs/${title}.md`)).toEqual([]);
  });
});
