/** A consumer that requires: it is type-checked in a project of its own, under several compilers. */
import breakwater = require('breakwater');
import testing = require('breakwater/testing');

const error: breakwater.PolicyError = new breakwater.CircuitOpenError(1_500);
export const seconds: number | undefined =
  error instanceof breakwater.CircuitOpenError ? error.retryAfter : undefined;

const guard = breakwater.Policy.breaker().retry({ attempts: 2 }).timeout(1_000).fallback(null);
export const half: (n: number) => Promise<number | null> = guard.wrap((n: number) => n / 2);
export const any: breakwater.AnyPolicy = guard;
export const clock: breakwater.Clock = testing.manualClock();
