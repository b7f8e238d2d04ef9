/**
 * An agent: a model that may use tools until it has an answer. One deadline bounds the whole run, every call of a model
 * and of a tool has limits of its own, and each model has one circuit, which all steps of all runs share.
 */
import Anthropic from '@anthropic-ai/sdk';
import { breaker, deadline, deadlineIn, fallback, policy, retry, timeout, type Breaker, type Context } from 'breakwater';

export interface Tool extends Anthropic.Tool {
  readonly run: (input: unknown, ctx: Context) => Promise<string>;
}

export interface AgentOptions {
  /** Made with `maxRetries: 0`: one layer repeats requests, not two. */
  readonly client: Anthropic;
  /** In the order in which they are wanted: a later one is asked where those before it fail, or are known to be down. */
  readonly models: readonly [string, ...string[]];
  readonly tools: readonly Tool[];
  /** The time that a whole run may take, in milliseconds. */
  readonly within: number;
}

export interface Agent {
  readonly circuits: ReadonlyMap<string, Breaker>;
  ask(question: string, signal?: AbortSignal): Promise<string>;
}

/** A request that the service refuses is our fault: it says that the service is well. */
function isTheirFault(error: unknown): boolean {
  if (!(error instanceof Anthropic.APIError)) return true;
  return error.status === undefined || error.status === 429 || error.status >= 500;
}

export function createAgent({ client, models, tools, within }: AgentOptions): Agent {
  const circuits = new Map(models.map((model) => [model, breaker({ failureThreshold: 3, counts: 'attempts' })]));
  // `run` is ours, and not for the service.
  const described = tools.map(({ run: _run, ...tool }) => tool);

  async function ask(question: string, signal?: AbortSignal): Promise<string> {
    const whole = deadline(deadlineIn(within)); // made once a run: no step gets the time anew
    const modelCall = policy(whole, retry({ attempts: 2, handle: isTheirFault }), timeout(60_000));
    // A tool that fails, hangs or is unknown is something that the model should know of: it may find another way.
    const toolCall = policy(whole, timeout(10_000), fallback((error) => ({ content: String(error), is_error: true })));

    const useTool = async ({ id, name, input }: Anthropic.ToolUseBlock): Promise<Anthropic.ToolResultBlockParam> => {
      const result = await toolCall.execute(async (ctx) => {
        const tool = tools.find((one) => one.name === name);
        if (tool === undefined) throw new Error(`There is no tool ${name}.`);
        return { content: await tool.run(input, ctx) };
      }, signal);
      return { type: 'tool_result', tool_use_id: id, ...result };
    };

    /** One step. A model whose circuit is open turns it away at once: the next one is asked, and nobody waits. */
    const next = async (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
      let failure: unknown;
      for (const [model, circuit] of circuits) {
        const body = { model, max_tokens: 1_000, tools: described, messages };
        try {
          return await policy(circuit, modelCall).execute((ctx) => client.messages.create(body, { signal: ctx.signal }), signal);
        } catch (error) {
          if (!isTheirFault(error)) throw error;
          failure = error;
        }
      }
      throw failure;
    };

    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
    for (let step = 1; step <= 20; step++) {
      const { content } = await next(messages);
      messages.push({ role: 'assistant', content });
      const wanted = content.filter((block) => block.type === 'tool_use');
      if (wanted.length === 0) return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      messages.push({ role: 'user', content: await Promise.all(wanted.map(useTool)) });
    }
    throw new Error('The agent found no answer in 20 steps.');
  }

  return { circuits, ask };
}
