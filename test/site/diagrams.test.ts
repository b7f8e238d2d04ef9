import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allDrawings } from '../../docs/site/diagrams/all.ts';
import { toSvg } from '../../src/testing/drawing/drawing.ts';

const folder = fileURLToPath(new URL('../../docs/diagrams', import.meta.url));

describe('the drawings in docs/diagrams', () => {
  it('are what the code does (`npm run diagrams` draws them anew)', async () => {
    const drawings = await allDrawings();
    const stale = drawings.filter((drawing) => readFileSync(join(folder, `${drawing.name}.svg`), 'utf8') !== toSvg(drawing));
    expect(stale.map(({ name }) => name)).toEqual([]);
    expect(readdirSync(folder).toSorted()).toEqual(drawings.map(({ name }) => `${name}.svg`).toSorted());
  });

  it.each(readdirSync(folder))('say what they show to those who do not see them, and load nothing: %s', (file) => {
    const svg = readFileSync(join(folder, file), 'utf8');
    expect(svg).toMatch(/^<svg [^>]*role="img"/);
    expect(svg).toMatch(/<title id="[\w-]+">[^<]{10,}<\/title>\n<desc id="[\w-]+">[^<]{40,}<\/desc>/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|<script|<image|data:|href=/);
  });
});
