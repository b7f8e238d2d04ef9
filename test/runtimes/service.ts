/** A server on 127.0.0.1 that speaks as much of the Messages API as the ten lines need, and remembers who hung up. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Service {
  readonly url: string;
  /** The paths of calls that ended because the caller hung up. */
  readonly hungUp: string[];
  /** What it was asked for as a proxy: calls that would have left this machine. */
  readonly strays: string[];
  close(): Promise<void>;
}

/**
 * Starts it. `/hang` gets no answer.
 *
 * @param scripts - programs for a browser, by their paths, such as `/a.js`; `/a` is then a page that loads it.
 */
export async function startService(scripts: Readonly<Record<string, string>> = {}): Promise<Service> {
  const hungUp: string[] = [];
  const strays: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    response.once('close', () => {
      if (!response.writableFinished) hungUp.push(path);
    });
    if (path === '/v1/messages') void summarize(request, response).catch(() => response.destroy());
    else if (!path.startsWith('/')) strays.push(path);
    else if (path !== '/hang') sendFile(scripts, path, response);
  });
  server.on('connect', ({ url }, socket) => {
    strays.push(url ?? '');
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hungUp,
    strays,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function summarize(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { model, messages } = (await json(request)) as { model: string; messages: { content: string }[] };
  const { 'anthropic-version': version, authorization } = request.headers;
  const known = version !== undefined && authorization === 'Bearer your key';
  const text = known ? `In short: ${messages[0]?.content}` : 'Who are you?';
  const usage = { input_tokens: 1, output_tokens: 1 };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [{ type: 'text', text }], usage };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(message));
}

function sendFile(scripts: Readonly<Record<string, string>>, path: string, response: ServerResponse): void {
  const script = scripts[path];
  const page = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${path}.js"></script>`;
  response.setHeader('content-type', `text/${script === undefined ? 'html' : 'javascript'}; charset=utf-8`).end(script ?? page);
}
