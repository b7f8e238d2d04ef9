/** `npm run diagrams`: draws docs/diagrams anew. A test says when a drawing is not what the code does any more. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allDrawings } from './all.ts';
import { toSvg } from '../../../src/testing/drawing/drawing.ts';

const folder = fileURLToPath(new URL('../../diagrams', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const drawing of await allDrawings()) writeFileSync(`${folder}/${drawing.name}.svg`, toSvg(drawing));
