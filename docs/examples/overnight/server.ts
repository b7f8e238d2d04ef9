/**
 * A service on 127.0.0.1 that speaks the Messages API as far as the official SDK needs it, goes down on schedule, and
 * keeps a log of every call that reached it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from 'breakwater';
import { digest } from './documents.ts';
import { SECOND, type Story } from './story.ts';

/** A call as the service saw it. `ended` is undefined while it is pending. */
export interface ServedCall {
  readonly began: number;
  ended: number | undefined;
  /** The HTTP status; undefined where the caller hung up before there was one. */
  status: number | undefined;
}

export interface Service {
  readonly url: string;
  readonly calls: readonly ServedCall[];
  /** When it went down, and when it comes back; undefined until it went down. */
  readonly outage: { readonly from: number; readonly to: number } | undefined;
  close(): Promise<void>;
}

export async function startService(story: Story, clock: Clock): Promise<Service> {
  const { afterAnswers, hangs, overloaded } = story.outage;
  const calls: ServedCall[] = [];
  let answers = 0;
  let downSince = Infinity;

  const health = (): 'well' | 'hangs' | 'overloaded' => {
    const down = clock.now() - downSince;
    if (down < 0 || down >= hangs + overloaded) return 'well';
    return down < hangs ? 'hangs' : 'overloaded';
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call: ServedCall = { began: clock.now(), ended: undefined, status: undefined };
    calls.push(call);
    let timer: unknown;
    response.once('close', () => {
      call.ended = clock.now();
      clock.clearTimer(timer);
    });
    const send = (status: number, body: object): void => {
      call.status = status;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const message = (body: Posted): void => {
      if (health() === 'hangs') return;
      send(200, messageAbout(body));
      answers += 1;
      if (answers === afterAnswers) downSince = clock.now();
    };

    const body = readPosted(request, await text(request));
    if (body === undefined) return send(400, failure('invalid_request_error', 'No message was posted.'));
    const now = health();
    if (now === 'well') timer = clock.setTimer(() => message(body), story.answer);
    if (now === 'overloaded') timer = clock.setTimer(() => send(529, failure('overloaded_error', 'Overloaded')), SECOND);
  }

  const server = createServer((request, response) => {
    // A caller that hangs up while it still posts is no fault of the service.
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get outage() {
      return downSince === Infinity ? undefined : { from: downSince, to: downSince + hangs + overloaded };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface Posted {
  readonly model: string;
  readonly messages: readonly { readonly content: string }[];
}

function readPosted({ method, url, headers }: IncomingMessage, body: string): Posted | undefined {
  if (method !== 'POST' || url !== '/v1/messages' || headers['anthropic-version'] === undefined) return undefined;
  const posted = JSON.parse(body) as Partial<Posted>;
  const isMessage = typeof posted.model === 'string' && typeof posted.messages?.[0]?.content === 'string';
  return isMessage ? (posted as Posted) : undefined;
}

function messageAbout({ model, messages }: Posted): object {
  const document = messages[0]?.content ?? '';
  const answer = digest(document);
  return {
    id: 'msg_overnight',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text: answer }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: Math.ceil(document.length / 4), output_tokens: Math.ceil(answer.length / 4) },
  };
}

function failure(type: string, message: string): object {
  return { type: 'error', error: { type, message } };
}
