/** A story as a drawing: it is run, and what happened is drawn. */
import type { Drawing } from '../../../src/testing/drawing/drawing.ts';
import { drawLanes, type Layout, type Mark } from '../../../src/testing/drawing/lanes.ts';
import { record, type Plot } from './record.ts';

export type { Mark };

/** A plot with what it is called and how it is laid out. */
export interface Story extends Plot, Layout {}

/** Runs a story and draws what happened. */
export async function timeline(story: Story): Promise<Drawing> {
  return drawLanes(await record(story), story);
}
