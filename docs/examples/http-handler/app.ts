/**
 * An Express app in front of a service that can go down. While the service is down the app does not call it: it answers
 * 503 at once, and says in `Retry-After` when to come back.
 */
import { CircuitOpenError, DeadlineExceededError, Policy, TimeoutError, type Breaker } from 'breakwater';
import express, { type ErrorRequestHandler, type Express, type Response as Answer } from 'express';

/** The service answered, but not with a quote. */
class UpstreamError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The quote service answered ${status}.`);
    this.status = status;
  }
}

/** A 404 is a healthy answer about a bad question: neither worth repeating nor a sign of an outage. */
function isTheirFault(error: unknown): boolean {
  return !(error instanceof UpstreamError) || error.status >= 500;
}

/** One circuit a service: it is made by the caller and outlives the requests. `/health` shows it. */
export function createApp(quotesUrl: string, circuit: Breaker): Express {
  const guard = Policy
    .with(circuit)
    .deadline(3_000) // nobody waits longer for a page
    .retry({ attempts: 2, delay: 50, handle: isTheirFault })
    .timeout(1_000);

  const getQuote = guard.wrapWithContext(
    async ({ signal }, symbol: string, _visitor: AbortSignal): Promise<unknown> => {
      const response = await fetch(`${quotesUrl}/quotes/${encodeURIComponent(symbol)}`, { signal });
      if (!response.ok) throw new UpstreamError(response.status);
      return response.json();
    },
    { signal: (_symbol, visitor) => visitor }, // a visitor who leaves ends the call, and it counts as nothing
  );

  const app = express();
  app.get('/quotes/:symbol', async (request, response) => {
    response.json(await getQuote(request.params.symbol, whileOpen(response)));
  });
  app.get('/health', (_request, response) => {
    response.json({ quotes: circuit, calls: circuit.stats() });
  });
  app.use(answerErrors);
  return app;
}

/** Aborts when the connection is closed before the answer was sent. */
function whileOpen(response: Answer): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Express 5 hands over what an async handler rejects with. */
const answerErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent || response.destroyed) return next(error);
  if (error instanceof CircuitOpenError) {
    // While it is isolated by hand, nobody knows for how long, and the header takes no Infinity.
    if (error.retryAfter < Infinity) response.set('Retry-After', String(error.retryAfter));
    return void response.status(503).json({ error: 'Quotes are down. Please come back later.' });
  }
  const late = error instanceof TimeoutError || error instanceof DeadlineExceededError;
  if (late) return void response.status(504).json({ error: 'The quote took too long.' });
  const status = error instanceof UpstreamError && !isTheirFault(error) ? error.status : 502;
  response.status(status).json({ error: status === 502 ? 'There is no quote at the moment.' : 'There is no such quote.' });
};
