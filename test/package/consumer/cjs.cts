/** A consumer that requires: it is type-checked in a project of its own, under several compilers. */
import breakwater = require('breakwater');

const error: breakwater.PolicyError = new breakwater.CircuitOpenError(1_500);
export const seconds: number | undefined =
  error instanceof breakwater.CircuitOpenError ? error.retryAfter : undefined;
