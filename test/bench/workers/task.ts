/** What a worker process is given, and how it answers. */

/** The task: the last word of the command line, as JSON. */
export function task<T>(): T {
  return JSON.parse(process.argv.at(-1) ?? 'null') as T;
}

/** Answers and ends: a peer's timers would keep the process alive. */
export function reply(answer: unknown): void {
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}
