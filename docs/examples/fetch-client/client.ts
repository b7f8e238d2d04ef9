/**
 * A client for a JSON service on `fetch`: it repeats what is worth repeating, waits as long as the service asks, and hands
 * every signal on.
 */
import { exponential, Policy, results } from 'breakwater';

/** An answer with its body read: within the attempt, so that the timeout counts that too, and no connection is left open. */
export interface Answer {
  readonly status: number;
  /** Retry finds `Retry-After` here, as it would in a `Response` or in an SDK's error. */
  readonly headers: Headers;
  readonly body: string;
}

/** What `get` rejects with where the service did answer, but not with a success. */
export class HttpError extends Error {
  readonly answer: Answer;

  constructor(url: string, answer: Answer) {
    super(`${url} answered ${answer.status}`);
    this.name = 'HttpError';
    this.answer = answer;
  }
}

export interface GetOptions {
  /** Gives the call up: the request under way, or the wait before the next one. */
  readonly signal?: AbortSignal | undefined;
}

export interface Client {
  get(path: string, options?: GetOptions): Promise<unknown>;
}

/** To `fetch`, a 503 is a value. A failure is what we call one; errors, such as a lost connection, are failures anyway. */
const unwell = results(({ status }: Answer) => status === 429 || status >= 500);

/** Waits are drawn from ranges that grow from 100 ms on; `Retry-After` makes them longer, up to 10 s. */
export const patient: Policy = Policy
  .deadline(20_000)
  .retry({ attempts: 4, delay: exponential({ first: 100 }), maxRetryAfterMs: 10_000, handle: unwell })
  .timeout(5_000);

/** Only GET: a POST that was answered with a 503 may have been done all the same. */
export function createClient(baseUrl: string, policy: Policy = patient): Client {
  const request = policy.wrapWithContext(
    async ({ signal }, url: URL, _options: GetOptions): Promise<Answer> => {
      const response = await fetch(url, { signal, headers: { accept: 'application/json' } });
      return { status: response.status, headers: response.headers, body: await response.text() };
    },
    { signal: (_url, { signal }) => signal },
  );

  return {
    async get(path, options = {}) {
      const url = new URL(path, baseUrl);
      const answer = await request(url, options);
      // What retry gave up on comes through as it was, as do a 404 and whatever else is not worth repeating.
      if (answer.status >= 400) throw new HttpError(url.href, answer);
      return JSON.parse(answer.body) as unknown;
    },
  };
}
