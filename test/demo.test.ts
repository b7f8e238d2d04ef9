/** The demo of docs/examples/overnight in miniature, and its parts. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { retry } from 'breakwater';
import { describe, expect, it } from 'vitest';
import { claims } from '../docs/examples/overnight/claims.ts';
import { demo } from '../docs/examples/overnight/demo.ts';
import { digest, readDocuments } from '../docs/examples/overnight/documents.ts';
import { peakPending } from '../docs/examples/overnight/figures.ts';
import { heapGauge } from '../docs/examples/overnight/heap.ts';
import { holding, retryAlone, theReadmes } from '../docs/examples/overnight/policies.ts';
import { screenOn } from '../docs/examples/overnight/screen.ts';
import { startService, type Service } from '../docs/examples/overnight/server.ts';
import { compressed, SECOND, type Story } from '../docs/examples/overnight/story.ts';
import { timeline } from '../docs/examples/overnight/timeline.ts';
import type { Night } from '../docs/examples/overnight/batch.ts';

const small: Story = {
  speed: 100,
  documents: 18,
  workers: 6,
  answer: 5 * SECOND,
  outage: { afterAnswers: 6, hangs: 150 * SECOND, overloaded: 60 * SECOND },
};
const noHeap = { growth: 0, start() {}, look() {} };

function screenBook(isTTY: boolean): { text: string; isTTY: boolean; columns: number; write(text: string): void } {
  return {
    text: '',
    isTTY,
    columns: 40,
    write(text) {
      this.text += text;
    },
  };
}

describe('demo', () => {
  it('keeps every claim, and its answers are computed from the documents', { timeout: 60_000 }, async () => {
    const out = screenBook(false);
    const { kept, alone, guarded, held, documents } = await demo(small, out, noHeap);
    expect(out.text.split('\n').filter((line) => line.startsWith('✗'))).toEqual([]);
    expect(kept).toBe(true);
    expect(out.text.split('\n').filter((line) => line.startsWith('✓'))).toHaveLength(claims.length);
    for (const { answers } of [guarded, held]) {
      expect(answers.size).toBe(18);
      for (const { path, text } of documents) expect(answers.get(path)).toBe(digest(text));
    }
    expect(alone.answers.size + alone.lost.length).toBe(18);
    for (const { states } of [guarded, held]) expect(states.map(({ to }) => to)).toContain('half-open');
    expect(out.text).toContain('documents completed');
  });
});

describe('a demo in which nothing goes down', () => {
  it('says which claims did not come true', { timeout: 60_000 }, async () => {
    const out = screenBook(true);
    const { kept, alone } = await demo({ ...small, outage: { ...small.outage, afterAnswers: Infinity } }, out, noHeap);
    expect(alone.answers.size).toBe(18);
    expect(kept).toBe(false);
    expect(out.text).toContain('✗ Retry alone gives up on at least a third of the documents.');
    expect(out.text).toContain('✓ The policy completes every document.');
  });
});

describe('claims', () => {
  it('are what the README says of the demo, and no more', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const said = readme.split('\n').filter((line) => line.startsWith('✓ '));
    expect(said).toEqual(claims.map(({ text }) => `✓ ${text}`));
  });

  it('fail where nothing happened', () => {
    const night: Night = {
      name: 'none',
      answers: new Map(),
      lost: [],
      calls: [],
      retries: [],
      rejected: 0,
      states: [],
      outage: { from: 0, to: 1 },
      heapGrowth: 0,
      duration: 1,
    };
    const run = { story: small, documents: readDocuments(40), alone: night, guarded: night, held: night, leftBehind: 1 };
    const failed = claims.filter(({ holds }) => !holds(run)).map(({ text }) => text);
    expect(failed).toHaveLength(6);
    expect(failed).toContain('Nothing is left behind: no server, no socket, no timer.');
    const wrong = { ...night, answers: new Map([['README.md', 'a guess']]) };
    expect(claims.find(({ text }) => text.startsWith('Every answer'))?.holds({ ...run, held: wrong })).toBe(false);
  });
});

describe('retryAlone', () => {
  it('differs from the policy of the README in one layer, and both are what they say', () => {
    const clock = compressed(1);
    expect(String(theReadmes(clock))).toBe(`breaker(5 in a row, 60 s) ▸ ${String(retryAlone(clock))}`);
    expect(String(retryAlone(clock))).toBe('retry ×3 ▸ timeout 30 s ▸ fn, else fallback');
    expect(theReadmes(clock).describe()[0]?.options).toMatchObject({ counts: 'attempts' });
    expect(holding(clock).describe()[0]?.options).toMatchObject({ counts: 'attempts', whenOpen: 'wait' });
    expect(holding(clock).describe().slice(1)).toEqual(theReadmes(clock).describe().slice(1));
  });
});

describe('readDocuments', () => {
  it('reads files of the project itself, each once', () => {
    const documents = readDocuments(60);
    expect(new Set(documents.map(({ path }) => path)).size).toBe(60);
    for (const { path, text } of documents) expect(text).toBe(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));
  });
});

describe('startService', () => {
  const message = (content: string): Anthropic.MessageCreateParamsNonStreaming => ({
    model: 'm',
    max_tokens: 9,
    messages: [{ role: 'user', content }],
  });

  async function serving(story: Story, use: (client: Anthropic, service: Service) => Promise<void>): Promise<void> {
    const service = await startService(story, compressed(story.speed));
    const client = new Anthropic({ apiKey: 'none', authToken: null, baseURL: service.url, maxRetries: 0, logLevel: 'off' });
    try {
      await use(client, service);
    } finally {
      await service.close();
    }
  }

  it('answers the official SDK with what it found in the posted text', async () => {
    await serving(small, async (client) => {
      const answer = await client.messages.create(message('# Breakwater\n\nIt holds. More.'));
      expect(answer.content).toEqual([{ type: 'text', text: '4 words in 3 lines: Breakwater' }]);
      expect(answer.usage.input_tokens).toBe(8);
    });
  });

  it('hangs, then answers 529, then is well again', { timeout: 60_000 }, async () => {
    const outage = { afterAnswers: 1, hangs: 60 * SECOND, overloaded: 200 * SECOND };
    await serving({ ...small, outage }, async (client, service) => {
      await client.messages.create(message('one'));
      const hung = client.messages.create(message('two'), { signal: AbortSignal.timeout(800) });
      await expect(hung).rejects.toBeInstanceOf(Anthropic.APIUserAbortError);
      await expect(client.messages.create(message('three'))).rejects.toMatchObject({ status: 529 });
      await new Promise((resolve) => setTimeout(resolve, 2_300));
      await client.messages.create(message('four'));
      expect(service.calls.map(({ status }) => status)).toEqual([200, undefined, 529, 200]);
      expect(service.outage?.to).toBeCloseTo((service.outage?.from ?? 0) + 260 * SECOND);
    });
  });

  it('refuses what is no message', async () => {
    await serving(small, async (_, { url }) => {
      expect((await fetch(url)).status).toBe(400);
      expect((await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' })).status).toBe(400);
    });
  });

  it('S11 the SDK\'s own retries multiply ours: 40 tasks of three attempts are 360 requests, with maxRetries 0 they are 120', { timeout: 60_000 }, async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.writeHead(529, { 'content-type': 'application/json', 'retry-after-ms': '1' }).end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const count = async (options: { maxRetries?: number }): Promise<number> => {
      requests = 0;
      const client = new Anthropic({ apiKey: 'none', authToken: null, baseURL, logLevel: 'off', ...options });
      const ask = retry({ attempts: 3, delay: 1 }).wrap(() => client.messages.create(message('x')));
      const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => ask()));
      expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason.status === 529)).toBe(true);
      return requests;
    };
    try {
      expect([await count({ maxRetries: 0 }), await count({})]).toEqual([120, 360]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

const states = [{ at: 20, to: 'open' }, { at: 45, to: 'half-open' }];
const night = { duration: 100, outage: { from: 20, to: 60 }, states } as const;

describe('peakPending', () => {
  it('counts what overlaps in the window, and not where one ends as another begins', () => {
    const call = (began: number, ended: number | undefined) => ({ began, ended, status: 200 });
    const calls = [call(0, 10), call(10, 20), call(15, 40), call(35, undefined), call(90, 95)];
    expect(peakPending({ ...night, calls } as unknown as Night)).toBe(2);
    expect(peakPending({ ...night, calls } as unknown as Night, 41, 60)).toBe(1);
    expect(peakPending({ ...night, calls: [] } as unknown as Night)).toBe(0);
    const hungUp = [{ ...call(0, 30_000), status: undefined }, call(29_000, 31_000)];
    expect(peakPending({ ...night, duration: 40_000, calls: hungUp } as unknown as Night)).toBe(1);
  });
});

describe('timeline', () => {
  it('shows calls, outage and circuit in columns that stand above each other', () => {
    const calls = [0, 1, 2, 3, 50].map((began) => ({ began, ended: began + 1, status: 200 }));
    expect(timeline({ ...night, name: 'n', calls } as unknown as Night, 10, 100, 4)).toBe(
      ['  calls    █    ▂    ', '  server   ──xxxx────', '  circuit  ──▓▓??????'].join('\n'),
    );
  });
});

describe('screenOn', () => {
  it('rewrites one line on a terminal, cut to its width', () => {
    const out = screenBook(true);
    const screen = screenOn(out);
    screen.progress('a');
    screen.progress('b'.repeat(50));
    screen.endProgress();
    expect(out.text).toBe(`\r\u001B[2Ka\r\u001B[2K${'b'.repeat(39)}\n`);
  });

  it('writes a plain line now and then elsewhere, and the last one', () => {
    const out = screenBook(false);
    const screen = screenOn(out, 60_000);
    for (const line of ['first', 'between', 'last']) screen.progress(line);
    screen.endProgress();
    expect(out.text).toBe('first\nlast\n');
  });
});

describe('heapGauge', () => {
  it('sees what is kept, not what was thrown away', () => {
    const heap = heapGauge(0);
    heap.start();
    expect(heap.growth).toBe(0);
    const numbers = Array.from({ length: 50_000 }, (_, n) => n / 3);
    const kept: number[][] = [];
    for (let i = 0; i < 20; i++) {
      kept.push(numbers.slice());
      numbers.concat(numbers);
    }
    heap.look();
    expect(kept).toHaveLength(20);
    expect(heap.growth).toBeGreaterThan(5e6);
    expect(heap.growth).toBeLessThan(40e6);
  });
});
