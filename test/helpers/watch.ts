/** Hears what nobody in a test should say: a console that speaks, a process warning, a rejection or error without a taker. */

/** The part of `process` that is listened to. */
export interface Host {
  on(event: string, listener: (fact: unknown) => void): unknown;
  off(event: string, listener: (fact: unknown) => void): unknown;
}

/** What was heard since the last {@link Watch.take}, and the way to stop listening. */
export interface Watch {
  take(): string[];
  stop(): void;
}

/**
 * Starts to listen. A method of the console is replaced, so that a test which spies on it hides what it expects.
 *
 * @param console - whose methods are replaced until {@link Watch.stop}.
 * @param host - whose warnings, unhandled rejections and uncaught exceptions are heard.
 */
export function watch(console: object, host: Host): Watch {
  let heard: string[] = [];
  const undo: (() => void)[] = [];
  const methods = console as Record<string, unknown>;

  for (const name of Object.keys(methods)) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    methods[name] = (...words: unknown[]): void => {
      heard.push(`console.${name}: ${words.map(String).join(' ')}`);
    };
    undo.push(() => {
      methods[name] = original;
    });
  }

  for (const event of ['warning', 'unhandledRejection', 'uncaughtException']) {
    const listener = (fact: unknown): void => {
      heard.push(`${event}: ${fact instanceof Error ? (fact.stack ?? fact.message) : String(fact)}`);
    };
    host.on(event, listener);
    undo.push(() => host.off(event, listener));
  }

  return {
    take() {
      const taken = heard;
      heard = [];
      return taken;
    },
    stop() {
      for (const step of undo.splice(0)) step();
    },
  };
}
