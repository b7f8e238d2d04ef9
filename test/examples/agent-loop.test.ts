/** docs/examples/agent-loop: the agent, through the official SDK, against a server on 127.0.0.1 that speaks the Messages API. */
import Anthropic from '@anthropic-ai/sdk';
import { DeadlineExceededError } from 'breakwater';
import { afterEach, describe, expect, it } from 'vitest';
import { AgentStopped, createAgent, type Agent, type Tool } from '../../docs/examples/agent-loop/agent.ts';
import { main } from '../../docs/examples/agent-loop/main.ts';
import { serveModels } from '../../docs/examples/agent-loop/service.ts';
import type { Served } from '../../docs/examples/serve.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

interface Stage {
  readonly agent: Agent;
  readonly asked: string[];
}

/** `statusOf` hears how many requests came before. */
async function stage(statusOf: (model: string, before: number) => number, run: Tool['run'], within = 60_000): Promise<Stage> {
  const asked: string[] = [];
  const service = await serveModels((model) => statusOf(model, asked.push(model) - 1));
  open.push(service);
  const client = new Anthropic({ apiKey: 'none', authToken: null, baseURL: service.url, maxRetries: 0, logLevel: 'off' });
  const weather: Tool = { name: 'weather', description: 'w', input_schema: { type: 'object' }, run };
  return { agent: createAgent({ client, models: ['big', 'small'], tools: [weather], within }), asked };
}
const sunny = async (): Promise<string> => 'sunny';

describe('createAgent', () => {
  it('uses the tool that the model asks for, and answers with what the model makes of it', async () => {
    const inputs: unknown[] = [];
    const { agent, asked } = await stage(() => 200, async (input) => {
      inputs.push(input);
      return 'sunny';
    });
    expect(await agent.ask('How is the weather?')).toBe('big says: sunny');
    expect([asked, inputs]).toEqual([['big', 'big'], [{ city: 'Rome' }]]);
  });

  it('goes on with the next model within a run, and asks one no more whose circuit is open, in any run', async () => {
    const { agent, asked } = await stage((model, before) => (model === 'big' && before >= 1 ? 529 : 200), sunny);
    expect(await agent.ask('1')).toBe('small says: sunny');
    expect(asked).toEqual(['big', 'big', 'big', 'small']);
    expect(await agent.ask('2')).toBe('small says: sunny');
    expect(agent.circuits.get('big')?.state).toBe('open');
    const until = asked.length;
    expect(await agent.ask('3')).toBe('small says: sunny');
    expect(asked.slice(until)).toEqual(['small', 'small']);
    expect(agent.circuits.get('small')?.state).toBe('closed');
  });

  it('S18 stops before its first step where every model is known to be down, and says why', async () => {
    const { agent, asked } = await stage(() => 200, sunny);
    for (const circuit of agent.circuits.values()) circuit.open();
    const error: unknown = await agent.ask('How?').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AgentStopped);
    expect((error as AgentStopped).reason).toMatchObject({ kind: 'all', reasons: [{ kind: 'circuit-open' }, { kind: 'circuit-open' }] });
    expect((error as AgentStopped).message).toMatch(/^The agent stopped\. The circuit is open: it may admit a call again in (?:60|59\.\d+) s\./);
    expect(asked).toEqual([]);
  });

  it('S18 makes a step again that failed, and stops once every circuit is open', async () => {
    const { agent, asked } = await stage(() => 529, sunny);
    await expect(agent.ask('How?')).rejects.toMatchObject({ reason: { kind: 'all' } });
    expect(asked).toEqual(['big', 'big', 'small', 'small', 'big', 'small']);
    await expect(agent.ask('And now?')).rejects.toMatchObject({ reason: { kind: 'all' } });
    expect(asked.length).toBe(6);
  });

  it('has an answer where a step is made again, and is well by then', async () => {
    const { agent } = await stage((_model, before) => (before < 4 ? 529 : 200), sunny);
    expect(await agent.ask('How?')).toBe('big says: sunny');
  });

  it('neither repeats a request that the service refuses, nor asks another model, nor counts it', async () => {
    const { agent, asked } = await stage(() => 400, sunny);
    await expect(agent.ask('How?')).rejects.toMatchObject({ status: 400 });
    expect([asked, agent.circuits.get('big')?.failures]).toEqual([['big'], 0]);
  });

  it('tells the model of a tool that failed', async () => {
    const { agent } = await stage(() => 200, () => Promise.reject(new Error('the thermometer broke')));
    expect(await agent.ask('How?')).toBe('big says: Error: the thermometer broke');
  });

  it('ends all of a run at its deadline, a tool that hangs as well', async () => {
    let signal: AbortSignal | undefined;
    const hang: Tool['run'] = (_input, ctx) => {
      signal = ctx.signal;
      return new Promise(() => {});
    };
    const { agent, asked } = await stage(() => 200, hang, 400);
    await expect(agent.ask('How?')).rejects.toMatchObject({ reason: { kind: 'deadline-expired', message: 'The deadline has passed.' } });
    expect(signal?.reason).toBeInstanceOf(DeadlineExceededError);
    expect(asked).toEqual(['big']);
  });

  it('ends when the caller does, with the tool under way', async () => {
    const user = new AbortController();
    const leave: Tool['run'] = () => {
      user.abort('left');
      return new Promise(() => {});
    };
    const { agent, asked } = await stage(() => 200, leave);
    await expect(agent.ask('How?', user.signal)).rejects.toBe('left');
    expect(asked).toEqual(['big']);
  });
});

describe('main of agent-loop', () => {
  it('has an answer in each run, from the big model until it goes down', async () => {
    const lines: string[] = [];
    await main((line) => lines.push(line.trim()));
    expect(lines.filter((line) => line.startsWith('→')).map((line) => line.slice(2))).toEqual([
      'claude-big says: it is sunny in Rome',
      'claude-small says: it is sunny in Rome',
      'claude-small says: it is sunny in Rome',
    ]);
    expect(lines).toContain('the circuit of claude-big is open');
  });
});
