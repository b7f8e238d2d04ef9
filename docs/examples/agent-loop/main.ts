/** Three runs: all is well; the big model goes down between two steps; it is still down, and nobody asks it. */
import Anthropic from '@anthropic-ai/sdk';
import { createAgent, type Tool } from './agent.ts';
import { serveModels } from './service.ts';

const weather: Tool = {
  name: 'weather',
  description: 'The weather of a city, now.',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
  async run(input) {
    return `it is sunny in ${(input as { city: string }).city}`;
  },
};

export async function main(print: (line: string) => void): Promise<void> {
  let asked = 0;
  const service = await serveModels((model) => {
    const status = model === 'claude-big' && ++asked > 3 ? 529 : 200;
    print(`  ${model} answers ${status}`);
    return status;
  });
  const client = new Anthropic({ apiKey: 'none', authToken: null, baseURL: service.url, maxRetries: 0, logLevel: 'off' });
  const agent = createAgent({ client, models: ['claude-big', 'claude-small'], tools: [weather], within: 120_000 });
  agent.circuits.get('claude-big')?.onStateChange(({ to }) => print(`  the circuit of claude-big is ${to}`));

  for (const run of [1, 2, 3]) {
    print(`Run ${run}: how is the weather in Rome?`);
    const answer = await agent.ask('How is the weather in Rome?').catch((error: unknown) => String(error));
    print(`  → ${answer}`);
  }
  await service.close();
}

if (process.argv[1] === import.meta.filename) await main(console.log);
