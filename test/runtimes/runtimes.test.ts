/** The first five minutes on every runtime that runs a program from the command line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bothCopies, calling, lowered, selfCheck, tenLines, type Program } from './programs.ts';
import { newProject } from './project.ts';
import { installRuntimes, RUNTIMES, start, versionOf, type Runtime } from './runtimes.ts';
import { startService } from './service.ts';

const project = newProject(inject('consumer'));
const service = await startService();

beforeAll(installRuntimes, 600_000);
afterAll(async () => {
  project[Symbol.dispose]();
  await service.close();
});

/** Runs a program as a user would, and expects its line: nothing else is printed, and the process ends by itself. */
async function expectRun(runtime: Runtime, name: string, code: string, { prints }: Program): Promise<void> {
  writeFileSync(join(project.folder, name), code);
  const { url } = service;
  // Whoever asks for another machine asks our server for it, which remembers.
  const proxies = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '127.0.0.1' };
  const { code: status, stdout, stderr } = await start(runtime, name, project.folder, { ANTHROPIC_BASE_URL: url, ...proxies });
  expect([status, stdout, stderr]).toEqual([0, `${JSON.stringify(prints)}\n`, '']);
  expect(service.strays).toEqual([]);
}

describe.each(RUNTIMES.map((runtime) => [runtime.name, runtime] as const))('the installed package under %s', (_, runtime) => {
  /** Where a runtime knows TypeScript, it gets what the user wrote. */
  const expectModule = (name: string, program: Program): Promise<void> =>
    runtime.typescript
      ? expectRun(runtime, `${name}.mts`, program.code, program)
      : expectRun(runtime, `${name}.mjs`, lowered(program.code), program);

  it('is tried in the version that is pinned', async () => {
    expect(await versionOf(runtime)).toContain(runtime.version);
  });

  it("runs README's ten lines", async () => {
    expect(tenLines).toContain('wrapWithContext');
    await expectModule('ten-lines', calling(tenLines));
  });

  it('retries, opens, probes, stops what takes too long, and answers at once where nothing waits', async () => {
    service.hungUp.length = 0;
    await expectModule('self-check', selfCheck);
    await expect.poll(() => service.hungUp).toEqual(['/hang']);
  });

  it('is required as well as imported', async () => {
    await expectRun(runtime, 'both.cjs', bothCopies.code, bothCopies);
  });
});
