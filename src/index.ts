/**
 * Circuit breaker, retry, timeout and fallback, composed in one fixed order.
 * @module breakwater
 */
export {
  CircuitIsolatedError,
  CircuitOpenError,
  DeadlineExceededError,
  PolicyError,
  TimeoutError,
  type PolicyErrorOptions,
} from './core/errors.ts';
