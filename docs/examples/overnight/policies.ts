/** The policies that the night is run with. They differ in one layer. */
import { policy, Policy, type Clock } from 'breakwater';

/** Three attempts, growing waits, half a minute an attempt; `null` where there was no answer. */
export function retryAlone(clock: Clock): Policy<null> {
  const guard = Policy
    .retry({ attempts: 3, delay: [30_000, 60_000] })
    .timeout(30_000)
    .fallback(null);
  return policy(guard, { clock });
}

/** The same behind a circuit breaker: the policy of the README. */
export function theReadmes(clock: Clock): Policy<null> {
  const guard = Policy
    .breaker({ failureThreshold: 5, counts: 'attempts' })
    .retry({ attempts: 3, delay: [30_000, 60_000] })
    .timeout(30_000)
    .fallback(null);
  return policy(guard, { clock });
}

/** The same once more: while the circuit is open, calls are held instead of being turned away, and let go a few at a time. */
export function holding(clock: Clock): Policy<null> {
  const guard = Policy
    .breaker({ failureThreshold: 5, counts: 'attempts', whenOpen: 'wait', ramp: { start: 5, every: 1_000 } })
    .retry({ attempts: 3, delay: [30_000, 60_000] })
    .timeout(30_000)
    .fallback(null);
  return policy(guard, { clock });
}
