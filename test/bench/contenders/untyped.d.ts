/** The part of opossum that is measured; the package brings no types. */
declare module 'opossum' {
  class CircuitBreaker {
    constructor(action: (...args: never[]) => Promise<unknown>, options: Readonly<Record<string, unknown>>);
    fire(...args: unknown[]): Promise<unknown>;
    open(): void;
    fallback(answer: () => unknown): this;
  }
  export = CircuitBreaker;
}
