/** Where the demo writes: on a terminal the progress of a batch is one live line, elsewhere a plain line now and then. */

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface Screen {
  print(text: string): void;
  /** Shows the newest of many lines. */
  progress(line: string): void;
  /** The line that was shown last stays. */
  endProgress(): void;
}

/** `every` is the time between plain lines, in real milliseconds. */
export function screenOn(out: Output, every = 1_000): Screen {
  let last = '';
  let shown = -Infinity;
  return {
    print: (text) => void out.write(`${text}\n`),
    progress(line) {
      last = line;
      if (out.isTTY === true) out.write(`\r\u001B[2K${line.slice(0, (out.columns ?? 80) - 1)}`);
      else if (performance.now() - shown >= every) {
        shown = performance.now();
        out.write(`${line}\n`);
        last = '';
      }
    },
    endProgress() {
      if (out.isTTY === true) out.write('\n');
      else if (last !== '') out.write(`${last}\n`);
      [last, shown] = ['', -Infinity];
    },
  };
}
