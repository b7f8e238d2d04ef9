/** What a rate limit does with the calls of one policy. */
import type { Call } from '../../core/call.ts';
import { PASS, type Entry, type Stage } from '../../core/stage.ts';
import type { Limiter } from './limiter.ts';

/** Asks the limiter on the way in, and settles with it on the way out. */
export class RateLimitStage implements Stage {
  readonly #limiter: Limiter;

  constructor(limiter: Limiter) {
    this.#limiter = limiter;
  }

  admit(call: Call): Entry {
    return this.#limiter.admit(call);
  }

  value(call: Call, value: unknown): typeof PASS {
    this.#limiter.settle(call, { value });
    return PASS;
  }

  error(call: Call, error: unknown): typeof PASS {
    this.#limiter.settle(call, { error });
    return PASS;
  }
}
