/** Arrows, which only drawings of the documentation have. */
import { element } from '../../../src/testing/drawing/svg.ts';

/** The head of an arrow, to be named by {@link path}. */
export function arrowHead(id: string): string {
  const attributes = { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' };
  return element('defs', {}, element('marker', attributes, element('path', { class: 'head', d: 'M0 0.6 8 4 0 7.4z' })));
}
