/** A timeline of its facts: they can be read as data, as text and as a drawing. */
import type { Drawing } from '../drawing/drawing.ts';
import { toSvg } from '../drawing/drawing.ts';
import { drawLanes } from '../drawing/lanes.ts';
import { drawProfile } from '../drawing/profile.ts';
import type { Facts, Timeline } from './facts.ts';
import { roundTime } from './steps.ts';
import { asText } from './text.ts';

/** A few calls are drawn one by one. */
const FEW = 8;

export function timelineOf(facts: Facts): Timeline {
  return {
    ...facts,
    toText: () => asText(facts),
    toSvg: ({ title = 'What the policy does', name = 'timeline' } = {}) => toSvg(drawingOf(facts, title, name)),
  };
}

/** A few calls in a lane of their own each, many as sums. */
export function drawingOf(facts: Facts, title: string, name: string): Drawing {
  const { policy, calls, states, outages, summary } = facts;
  // Where nothing took any time, there would be nothing to see.
  const until = Math.max(1, facts.until);
  if (calls.length > FEW) return drawProfile({ ...facts, until }, title, name);
  const down = outages.map(({ from, until: to, is }) => ({ from, to, is }));
  const about = `${summary.completed} of ${summary.calls} calls are completed.`;
  const layout = { name, title, about, every: roundTime(until / 6), ...(down.length === 0 ? {} : { down }) };
  return drawLanes({ until, policies: [policy], calls, states }, layout);
}
