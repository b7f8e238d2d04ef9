/** The guides in the order in which the site lists them: one place for groups, titles and the order to read them in. */

export interface GuideGroup {
  readonly title: string;
  /** The file of each guide from the root, and what the site calls it. */
  readonly pages: Readonly<Record<string, string>>;
}

export const GUIDES: readonly GuideGroup[] = [
  { title: 'Start here', pages: { 'docs/getting-started.md': 'Getting started' } },
  {
    title: 'The parts',
    pages: {
      'docs/breaker.md': 'breaker',
      'docs/retry.md': 'retry',
      'docs/timeout.md': 'timeout',
      'docs/deadline.md': 'deadline',
      'docs/hedge.md': 'hedge',
      'docs/rate-limit.md': 'rateLimit',
      'docs/bulkhead.md': 'bulkhead',
      'docs/fallback.md': 'fallback',
      'docs/cache.md': 'cache',
      'docs/coalesce.md': 'coalesce',
      'docs/handle.md': 'handle',
    },
  },
  {
    title: 'Around policies',
    pages: {
      'docs/keyed.md': 'keyed',
      'docs/stop.md': 'stopWhen',
    },
  },
  {
    title: 'How they work together',
    pages: {
      'docs/order.md': 'The order, and why',
      'docs/errors.md': 'Errors',
      'docs/cancellation.md': 'Cancellation',
      'docs/events.md': 'Events',
    },
  },
  {
    title: 'In your project',
    pages: {
      'docs/testing.md': 'Testing your policies',
      'docs/library-authors.md': 'For library authors',
      'docs/examples/README.md': 'Small programs',
      'docs/from-cockatiel.md': 'Coming from cockatiel',
      'docs/from-opossum.md': 'Coming from opossum',
      'docs/from-polly.md': 'Coming from Polly',
    },
  },
  {
    title: 'Background',
    pages: {
      'docs/correctness.md': 'Correctness',
      'docs/benchmarks.md': 'Benchmarks',
      'docs/glossary.md': 'Glossary',
      'CHANGELOG.md': 'What changed',
    },
  },
];

/** The guides that are about one combinator each: what a search for its name should find first. */
export const PARTS = 'The parts';
