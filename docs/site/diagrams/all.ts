/** Every drawing of the documentation, by the name of its file. */
import { circuitStates } from './circuit-states.ts';
import type { Drawing } from '../../../src/testing/drawing/drawing.ts';
import { order } from './order.ts';
import { breakerHalfOpen, breakerHeld, breakerOutage } from './stories/breaker.ts';
import { bulkheadLine } from './stories/bulkhead.ts';
import { cancellationAbort, fallbackAnswer } from './stories/ends.ts';
import { deadlineClip, timeoutAttempt, timeoutCooperative } from './stories/limits.ts';
import { rateLimitPause } from './stories/rate-limit.ts';
import { retryBackoff, retryHint, retryWakes } from './stories/retry.ts';
import { testingOutage } from './stories/testing.ts';
import { timeline } from './timeline.ts';

export async function allDrawings(): Promise<Drawing[]> {
  const stories = [
    breakerOutage,
    breakerHalfOpen,
    breakerHeld,
    retryBackoff,
    retryWakes,
    retryHint,
    timeoutAttempt,
    timeoutCooperative,
    deadlineClip,
    rateLimitPause,
    bulkheadLine,
    fallbackAnswer,
    cancellationAbort,
  ];
  return [circuitStates(), order(), await testingOutage(), ...(await Promise.all(stories.map((story) => timeline(story))))];
}
