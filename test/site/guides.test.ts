import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUIDES, PARTS } from '../../docs/site/guides.ts';

const listed = GUIDES.flatMap(({ pages }) => Object.keys(pages));

describe('GUIDES', () => {
  it('lists every page of docs, and nothing that is not there', () => {
    const files = readdirSync(new URL('../../docs', import.meta.url)).filter((name) => name.endsWith('.md'));
    expect(files.map((name) => `docs/${name}`).filter((file) => !listed.includes(file))).toEqual([]);
    expect(listed.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
  });

  it('calls a part by the name of its function, which is what one searches for', () => {
    const parts = GUIDES.find(({ title }) => title === PARTS)?.pages ?? {};
    const file = (title: string): string => `docs/${title.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.md`;
    expect(Object.entries(parts).filter(([page, title]) => page !== file(title))).toEqual([]);
  });
});
