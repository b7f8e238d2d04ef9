/** What a rate limit does when the other end asks for a pause. */
import { policy, rateLimit, retry, tokenBucket, type Clock, type RateLimitPolicy } from '../../../../src/index.ts';
import { answers, fails } from '../doings.ts';
import type { Story } from '../timeline.ts';

/** The limit of a run, which its calls share. */
const limits = new WeakMap<Clock, RateLimitPolicy>();

function limitOf(clock: Clock): RateLimitPolicy {
  const made = limits.get(clock) ?? rateLimit({ limit: tokenBucket({ limit: 10, per: 1_000 }), spread: 2_000, clock });
  limits.set(clock, made);
  return made;
}

const tooMany = Object.assign(new Error('429'), { headers: { 'retry-after': '8' } });

export const rateLimitPause: Story = {
  name: 'rate-limit-pause',
  title: 'One is asked to come later, and all wait',
  about:
    'Call 1 is answered 429 with Retry-After: 8. Everybody who comes within those 8 s waits, not call 1 alone, and afterwards they go one after another, spread over 2 s.',
  lanes: { 'call 1': '429, Retry-After: 8' },
  calls: [0, 2_000, 4_000, 6_000, 11_500].map((at, index) => ({
    lane: `call ${index + 1}`,
    at,
    guard: ({ clock }) => policy(limitOf(clock), retry({ attempts: 2, delay: 100, clock })),
    attempts: index === 0 ? [fails(1_000, tooMany), answers(1_500, 'answer')] : [answers(1_500, 'answer')],
  })),
  until: 15_000,
  every: 2_000,
};
