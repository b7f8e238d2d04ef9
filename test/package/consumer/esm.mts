/** A consumer that imports: it is type-checked in a project of its own, under several compilers. */
import { CircuitOpenError, type PolicyError, type PolicyErrorOptions } from 'breakwater';

const options: PolicyErrorOptions = { cause: 'the last error' };
const error: PolicyError = new CircuitOpenError(1_500, options);
export const seconds: number | undefined = error instanceof CircuitOpenError ? error.retryAfter : undefined;
