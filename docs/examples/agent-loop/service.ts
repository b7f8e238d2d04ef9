/** What stands in for the Messages API: it asks for the weather tool once, then answers with what the tool said. */
import { text } from 'node:stream/consumers';
import type Anthropic from '@anthropic-ai/sdk';
import { serve, type Served } from '../serve.ts';

type Posted = Pick<Anthropic.MessageCreateParams, 'model' | 'messages'>;

/** `statusOf` is asked for each request; it answers 200 where the model is well. */
export async function serveModels(statusOf: (model: string) => number): Promise<Served> {
  return serve((request, response) => {
    void text(request).then((body) => {
      const posted = JSON.parse(body) as Posted;
      const status = statusOf(posted.model);
      const answer = status === 200 ? reply(posted) : { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
}

function reply({ model, messages }: Posted): object {
  const last = messages.at(-1)?.content;
  const found = Array.isArray(last) ? last.find((block) => block.type === 'tool_result') : undefined;
  const result = found?.type === 'tool_result' && typeof found.content === 'string' ? found.content : undefined;
  const use = { type: 'tool_use', id: 'use_1', name: 'weather', input: { city: 'Rome' } };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: result === undefined ? [use] : [{ type: 'text', text: `${model} says: ${result}` }],
    stop_reason: result === undefined ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}
