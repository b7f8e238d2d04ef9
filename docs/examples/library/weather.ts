/**
 * A small client library, as somebody would publish it: it works well by itself, takes the policy of its user instead, and
 * does not do twice what that policy does already.
 */
import { ignoring, policy as compose, Policy, timeout, type Handle } from 'breakwater';

/** The weather service answered, but not with a forecast. */
export class WeatherError extends Error {
  readonly status: number;
  /** Where retry finds `Retry-After`. */
  readonly headers: Headers;

  constructor(status: number, headers: Headers) {
    super(`The weather service answered ${status}.`);
    this.name = 'WeatherError';
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Which errors are worth repeating, and count against the service. Published, because only we know which of our errors
 * say something of the service, and whoever brings a policy needs it for its `handle`.
 */
export const transient: Handle = ignoring(
  (error) => error instanceof WeatherError && error.status < 500 && error.status !== 429,
);

/** What a client without a policy of its user's gets: a new circuit each, as each may talk to another host. */
export function defaultPolicy(): Policy {
  return Policy
    .breaker({ failureThreshold: 5, recoveryTimeout: 30_000 })
    .retry({ attempts: 3, handle: transient })
    .timeout(10_000);
}

export interface Forecast {
  readonly city: string;
  readonly celsius: number;
}

export interface WeatherOptions {
  readonly url: string;
  /** Any policy that answers with nothing of its own; one with a fallback would change what `forecast` answers with. */
  readonly policy?: Policy | undefined;
}

export class Weather {
  /** What the calls run under: for its events, its circuit, and to be looked at. */
  readonly policy: Policy;
  readonly #request: (city: string, signal: AbortSignal | undefined) => Promise<Forecast>;

  constructor({ url, policy = defaultPolicy() }: WeatherOptions) {
    // A request that never ends helps nobody. But how long to wait, and how often to try, is the user's to say.
    this.policy = policy.has('timeout') ? policy : compose(policy, timeout(10_000));
    this.#request = this.policy.wrapWithContext(
      async ({ signal }, city: string, _signal: AbortSignal | undefined): Promise<Forecast> => {
        const response = await fetch(new URL(`/forecast/${encodeURIComponent(city)}`, url), { signal });
        if (!response.ok) throw new WeatherError(response.status, response.headers);
        return (await response.json()) as Forecast;
      },
      { signal: (_city, signal) => signal },
    );
  }

  /** Rejects with a {@link WeatherError}, with what `fetch` throws, or with an error of the policy's. */
  forecast(city: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Forecast> {
    return this.#request(city, signal);
  }
}
