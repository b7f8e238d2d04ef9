/** One night: workers take documents from a queue, ask the service about each under a policy, and keep the answers. */
import Anthropic from '@anthropic-ai/sdk';
import type { CircuitState, Clock, Policy } from 'breakwater';
import type { Document } from './documents.ts';
import type { HeapGauge } from './heap.ts';
import { startService, type ServedCall } from './server.ts';
import { compressed, SECOND, type Story } from './story.ts';

/** How far a batch is, for the line that shows it. */
export interface Progress {
  readonly name: string;
  readonly seconds: number;
  readonly circuit: CircuitState | undefined;
  readonly done: number;
  readonly lost: number;
  readonly pending: number;
  readonly calls: number;
}

/** What came of a batch. Times are milliseconds of the story, from the batch's start. */
export interface Night {
  readonly name: string;
  /** The answer about each document that has one, by path. */
  readonly answers: ReadonlyMap<string, string>;
  readonly lost: readonly string[];
  readonly calls: readonly ServedCall[];
  /** When a call that repeats another was made. */
  readonly retries: readonly number[];
  /** Calls that the circuit turned away, or whose further attempts it called off. */
  readonly rejected: number;
  readonly states: readonly { readonly at: number; readonly to: string }[];
  readonly outage: { readonly from: number; readonly to: number };
  readonly heapGrowth: number;
  readonly duration: number;
}

export interface BatchOptions {
  readonly name: string;
  readonly story: Story;
  readonly documents: readonly Document[];
  readonly policy: (clock: Clock) => Policy<null>;
  /** Workers put a document back that an open circuit turned away, and wait for the circuit. */
  readonly putsBack: boolean;
  readonly heap: HeapGauge;
  readonly onProgress: (progress: Progress) => void;
}

export async function runBatch({ name, story, documents, policy, putsBack, heap, onProgress }: BatchOptions): Promise<Night> {
  heap.start();
  const clock = compressed(story.speed);
  const service = await startService(story, clock);
  // One layer repeats calls, not two: the SDK's own retries are off.
  const client = new Anthropic({ apiKey: 'none', authToken: null, baseURL: service.url, maxRetries: 0, logLevel: 'off' });
  const guard = policy(clock);
  const { circuit } = guard;

  const queue = [...documents];
  const answers = new Map<string, string>();
  const lost: string[] = [];
  const retries: number[] = [];
  const states: { at: number; to: string }[] = [];
  circuit?.onStateChange(({ to }) => states.push({ at: clock.now(), to }));

  const ask = guard.wrapWithContext(({ signal, attempt }, document: string) => {
    if (attempt > 1) retries.push(clock.now());
    const messages = [{ role: 'user' as const, content: document }];
    return client.messages.create({ model: 'claude-overnight', max_tokens: 500, messages }, { signal });
  });

  async function work(): Promise<void> {
    for (let document = queue.shift(); document !== undefined; document = queue.shift()) {
      const message = await ask(document.text);
      if (message !== null) {
        answers.set(document.path, message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''));
      } else if (!putsBack || circuit === undefined || circuit.state === 'closed') {
        // Three attempts failed, and nothing says that it was not the document's own fault.
        lost.push(document.path);
      } else {
        // The service is down: the document waits, and so does the worker.
        queue.push(document);
        await circuit.whenAdmitting();
      }
    }
  }

  const tell = (): void => {
    const pending = service.calls.filter(({ ended }) => ended === undefined).length;
    const [done, calls, seconds] = [answers.size, service.calls.length, clock.now() / SECOND];
    onProgress({ name, seconds, circuit: circuit?.state, done, lost: lost.length, pending, calls });
  };
  const watch = setInterval(() => {
    heap.look();
    tell();
  }, (5 * SECOND) / story.speed);
  try {
    await Promise.all(Array.from({ length: story.workers }, work));
  } finally {
    clearInterval(watch);
    tell();
    await service.close();
  }

  return {
    name,
    answers,
    lost,
    calls: service.calls,
    retries,
    rejected: circuit?.stats().rejected ?? 0,
    states,
    outage: service.outage ?? { from: Infinity, to: Infinity },
    heapGrowth: heap.growth,
    duration: clock.now(),
  };
}
