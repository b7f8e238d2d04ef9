/** An outage as a simulation shows it. */
import { breaker, policy, retry, timeout } from '../../../../src/index.ts';
import { simulate } from '../../../../src/testing/index.ts';
import type { Drawing } from '../../../../src/testing/drawing/drawing.ts';
import { drawingOf } from '../../../../src/testing/simulate/timeline.ts';

/** The one that docs/testing.md asks for, with calls that are held. */
export async function testingOutage(): Promise<Drawing> {
  const held = breaker({ counts: 'attempts', whenOpen: 'wait' });
  const timeline = await simulate({
    policy: policy(held, retry({ attempts: 3, delay: [30_000, 60_000] }), timeout(30_000)),
    load: { workers: 40, calls: 400 },
    outage: { is: 'hung', from: 10_000, until: 610_000 },
    takes: 5_000,
  });
  return drawingOf(timeline, 'A batch that waits out its outage', 'testing-outage');
}
