/**
 * An agent: a model that may use tools until it has an answer. One deadline bounds the whole run, every call of a model
 * and of a tool has limits of its own, and each model has one circuit, which all steps of all runs share. A step that failed
 * is made again, until there is a reason to stop: then the run ends with it.
 */
import Anthropic from '@anthropic-ai/sdk';
import {
  breaker,
  circuitOpen,
  deadline,
  deadlineExpired,
  deadlineIn,
  fallback,
  maxIterations,
  policy,
  retry,
  stopWhen,
  timeout,
  type Breaker,
  type Context,
  type StopCondition,
  type StopReason,
} from 'breakwater';

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

/** A run that ended without an answer. */
export class AgentStopped extends Error {
  /** Why: every circuit open, the time over, or too many steps. */
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`The agent stopped. ${reason.message}`);
    this.reason = reason;
  }
}

/** A request that the service refuses is our fault: it says that the service is well. */
function isTheirFault(error: unknown): boolean {
  if (!(error instanceof Anthropic.APIError)) return true;
  return error.status === undefined || error.status === 429 || error.status >= 500;
}

export function createAgent({ client, models, tools, within }: AgentOptions): Agent {
  const circuits = new Map(models.map((model) => [model, breaker({ failureThreshold: 3, counts: 'attempts' })]));
  const down = (model: string): StopCondition => circuitOpen(circuits.get(model) as Breaker);
  const [preferred, ...others] = models;
  const nobodyToAsk = down(preferred).and(...others.map(down));
  // `run` is ours, and not for the service.
  const described = tools.map(({ run: _run, ...tool }) => tool);

  async function ask(question: string, signal?: AbortSignal): Promise<string> {
    const until = deadlineIn(within); // made once a run: no step gets the time anew
    const whole = deadline(until);
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
    const stop = stopWhen(nobodyToAsk.or(deadlineExpired(until), maxIterations(20)));
    for (const _step of stop) {
      const message = await next(messages).catch((error: unknown) => {
        if (signal?.aborted === true || !isTheirFault(error)) throw error;
        return undefined; // the step is made again, if there is somebody to ask and time to do so
      });
      if (message === undefined) continue;
      messages.push({ role: 'assistant', content: message.content });
      const wanted = message.content.filter((block) => block.type === 'tool_use');
      if (wanted.length === 0) return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      messages.push({ role: 'user', content: await Promise.all(wanted.map(useTool)) });
    }
    throw new AgentStopped(stop.reason as StopReason);
  }

  return { circuits, ask };
}
