/** opossum 9 brings no types: as much of it as tests and docs use. */
import type { EventEmitter } from 'node:events';

export interface Options {
  timeout?: number | false;
  errorThresholdPercentage?: number;
  volumeThreshold?: number;
  resetTimeout?: number;
  rollingCountTimeout?: number;
  rollingCountBuckets?: number;
  capacity?: number;
  errorFilter?: (error: Error, ...args: any[]) => boolean;
  abortController?: AbortController;
  autoRenewAbortController?: boolean;
  cache?: boolean;
  enabled?: boolean;
  state?: object;
}

export default class CircuitBreaker<A extends readonly any[] = any[], R = any> extends EventEmitter {
  static isOurError(error: unknown): boolean;
  constructor(action: (...args: A) => R, options?: Options);
  readonly closed: boolean;
  readonly opened: boolean;
  readonly halfOpen: boolean;
  readonly stats: Readonly<Record<'fires' | 'failures' | 'successes' | 'rejects' | 'fallbacks' | 'timeouts', number>>;
  fire(...args: A): Promise<Awaited<R>>;
  call(self: unknown, ...args: A): Promise<Awaited<R>>;
  fallback(answer: (...args: any[]) => unknown): this;
  open(): void;
  close(): void;
  enable(): void;
  disable(): void;
  shutdown(): void;
  getSignal(): AbortSignal | undefined;
  toJSON(): { readonly state: object; readonly status: object };
}
