/** The frame of the story: how much work there is, how the service fails, and how much faster than told it all runs. */
import { performance } from 'node:perf_hooks';
import type { Clock } from 'breakwater';

/** Every duration is in milliseconds of the story; `speed` says how many of them pass in one real millisecond. */
export interface Story {
  readonly speed: number;
  readonly documents: number;
  readonly workers: number;
  /** How long a healthy answer takes. */
  readonly answer: number;
  readonly outage: {
    /** It begins when the service has given this many answers; whatever is under way then hangs. */
    readonly afterAnswers: number;
    /** First it takes calls and never answers them … */
    readonly hangs: number;
    /** … then it answers 529 (overloaded), after a second each. */
    readonly overloaded: number;
  };
}

export const SECOND: number = 1_000;
export const MINUTE: number = 60 * SECOND;

export const overnight: Story = {
  speed: 60,
  documents: 120,
  workers: 40,
  answer: 5 * SECOND,
  outage: { afterAnswers: 40, hangs: 5 * MINUTE, overloaded: 3 * MINUTE },
};

/** A few calls to a healthy service: the first ones load and compile, which would be billed to the first night. */
export const warmUp: Story = {
  speed: 60,
  documents: 40,
  workers: 40,
  answer: 5 * SECOND,
  outage: { afterAnswers: Infinity, hangs: 0, overloaded: 0 },
};

/**
 * A clock on which a minute of the story takes a second (at `speed` 60). Given to a policy, its 30 s are over after half
 * a real second, and its options can be the ones that production uses.
 */
export function compressed(speed: number): Clock {
  const begun = performance.now();
  const now = (): number => (performance.now() - begun) * speed;
  const wallAtBegin = Date.now();
  return {
    now,
    wall: () => wallAtBegin + now(),
    setTimer: (callback, ms) => setTimeout(callback, Math.ceil(ms / speed)),
    clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
    random: Math.random,
  };
}
