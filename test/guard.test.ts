import { EventEmitter } from 'node:events';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { watch } from './helpers/watch.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const silent = (..._words: unknown[]): void => {};

describe('watch', () => {
  it('hears each method of the console, and says which', () => {
    const console = { log: silent, warn: silent, level: 3 };
    const heard = watch(console, new EventEmitter());
    console.log('one', 1);
    console.warn('two');
    expect(heard.take()).toEqual(['console.log: one 1', 'console.warn: two']);
    expect(console.level).toBe(3);
  });

  it('hears a warning, an unhandled rejection and an uncaught exception', () => {
    const host = new EventEmitter();
    const heard = watch({}, host);
    host.emit('warning', Object.assign(new Error('too many listeners'), { stack: undefined }));
    host.emit('unhandledRejection', 'nobody took it');
    host.emit('uncaughtException', 42);
    expect(heard.take()).toEqual([
      'warning: too many listeners',
      'unhandledRejection: nobody took it',
      'uncaughtException: 42',
    ]);
  });

  it('tells each thing once, and nothing after it was stopped', () => {
    const host = new EventEmitter();
    const console = { log: silent };
    const heard = watch(console, host);
    console.log('once');
    expect(heard.take()).toHaveLength(1);
    heard.stop();
    console.log('later');
    host.emit('warning', 'later');
    expect(heard.take()).toEqual([]);
    expect(console.log).toBe(silent);
    expect(host.eventNames()).toEqual([]);
  });
});

describe('the guard', () => {
  it('D7 fails a run in which a console, a warning or a rejection without a taker speaks', () => {
    const { GITHUB_ACTIONS: _, ...env } = process.env;
    const run = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/helpers/fixtures/vitest.config.ts', '--reporter', 'json'],
      { cwd: root, env, encoding: 'utf8' },
    );
    expect(run.status).toBe(1);
    const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{'))) as Report;
    const outcomes = report.testResults.flatMap((file) => file.assertionResults);
    expect(Object.fromEntries(outcomes.map((outcome) => [outcome.title, outcome.status]))).toEqual({
      'says nothing': 'passed',
      'expects a word': 'passed',
      'speaks on the console': 'failed',
      'warns by way of the process': 'failed',
      'warns while the clock is a fake': 'failed',
      'leaves a rejection': 'failed',
    });
  });
});

interface Report {
  testResults: { assertionResults: { title: string; status: string }[] }[];
}
