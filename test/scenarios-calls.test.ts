/** Scenarios of single calls in virtual time: how long they wait, what ends them, and what they may spend. */
import { describe, expect, it } from 'vitest';
import {
  breaker,
  deadline,
  DeadlineExceededError,
  fallback,
  policy,
  retry,
  retryAfterHint,
  retryBudget,
  timeout,
  TimeoutError,
} from '../src/index.ts';
import { listenersOn } from './helpers/listeners.ts';
import { Overloaded, s, World } from './helpers/world.ts';
import { flush, VirtualClock } from './helpers/virtual-clock.ts';

describe('when the server says when to come back', () => {
  const now = new VirtualClock().wallStart;
  const date = (ms: number): string => new Date(now + ms).toUTCString();
  /** The wait before the second attempt; `undefined` where the call ends instead. `base`: the backoff's own delay. */
  const rows: { readonly header: Record<string, string>; readonly hint: number | undefined }[] = [
    { header: { 'Retry-After': '1' }, hint: 1_000 },
    { header: { 'Retry-After': '0.3' }, hint: 300 },
    { header: { 'Retry-After': '0' }, hint: undefined },
    { header: { 'Retry-After': '-1' }, hint: undefined },
    { header: { 'Retry-After': 'soon' }, hint: undefined },
    { header: { 'Retry-After': '' }, hint: undefined },
    { header: { 'Retry-After': date(-60_000) }, hint: undefined },
    { header: { 'Retry-After': date(5_000) }, hint: 5_000 },
    { header: { 'Retry-After': '3600' }, hint: 3_600_000 },
    // 115 days: more than a timer can hold.
    { header: { 'Retry-After': '9999999' }, hint: 2 ** 31 - 1 },
    { header: { 'retry-after-ms': '300' }, hint: 300 },
    { header: { 'retry-after-ms': '300', 'Retry-After': '5' }, hint: 300 },
  ];
  const frames = [
    { base: 100, most: 60_000 },
    { base: 2_000, most: 3_600_000 },
    { base: 100, most: Infinity },
  ];
  const cases = frames.flatMap((frame) => rows.map((row) => ({ ...frame, ...row, text: JSON.stringify(row.header) })));

  it.each(cases)('S10 B9 B11 R17 $text with a backoff of $base ms and at most $most ms', async ({ header, hint, base, most }) => {
    for (const headers of [header, new Headers(header)]) {
      const clock = new VirtualClock();
      const error = Object.assign(new Error('429'), { headers });
      const starts: number[] = [];
      const guard = retry({ attempts: 2, delay: base, maxRetryAfterMs: most, clock });
      const ended = guard
        .execute(() => {
          starts.push(clock.time);
          throw error;
        })
        .catch((reason: unknown) => [reason, clock.time]);
      await clock.drain(2 ** 31);
      // The larger of the two is waited for; without jitter there is nothing to add. A hint above the most ends the call.
      const wait = Math.max(base, hint ?? 0);
      const ends = hint !== undefined && hint > most;
      expect(starts).toEqual(ends ? [0] : [0, wait]);
      expect(await ended).toEqual([error, ends ? 0 : wait]);
      if (ends) expect(retryAfterHint(error, now)).toBe(hint);
    }
  });

  it.each([
    { text: '5', least: 5_000 },
    { text: '0.3', least: 300 },
  ])('S10 a jittered backoff only makes a hint of $text s later', async ({ text, least }) => {
    for (const draw of [0, 0.25, 0.999]) {
      const clock = new VirtualClock();
      clock.draw = () => draw;
      const starts: number[] = [];
      const guard = retry({ attempts: 2, clock });
      const ended = guard.execute(() => {
        starts.push(clock.time);
        throw Object.assign(new Error('429'), { response: { headers: { 'retry-after': text } } });
      });
      ended.catch(() => {});
      await clock.drain();
      expect(starts[1]).toBeGreaterThanOrEqual(least);
      expect(starts[1]).toBeLessThanOrEqual(least + 500);
    }
  });
});

describe('when the caller aborts', () => {
  const reasons = { 'an Error': new Error('enough'), 'a string': 'enough', undefined };
  const moments = ['before the start', 'in flight', 'in a backoff'] as const;
  const frames = [
    { limit: 30, wait: 30, threshold: 5 },
    { limit: 4, wait: 2, threshold: 2 },
  ];
  const cases = frames.flatMap((frame) =>
    moments.flatMap((moment) => Object.keys(reasons).map((reason) => ({ ...frame, moment, reason: reason as keyof typeof reasons }))),
  );

  it.each(cases)('S14 A6 B6 B7 B8 $moment with $reason ($limit s)', async ({ limit, wait, threshold, moment, reason }) => {
    const world = new World({ outages: [{ is: 'hung', from: 0, until: Infinity }] });
    const { clock } = world;
    const circuit = breaker({ failureThreshold: threshold, counts: 'attempts' });
    const guard = policy(fallback('never'), circuit, deadline(s(1_000)), retry({ attempts: 3, delay: s(wait) }), timeout(s(limit)), { clock });
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = listenersOn(signal);
    if (moment === 'before the start') controller.abort(reasons[reason]);
    const ended = guard.execute((ctx) => world.request(ctx, 0), signal).catch((error: unknown) => ({ error, at: clock.time }));
    await clock.to(moment === 'in a backoff' ? s(limit) + 1 : moment === 'in flight' ? s(limit) - 1 : 0);
    const failures = moment === 'in a backoff' ? 1 : 0;
    expect(circuit.failures).toBe(failures);
    expect(listeners()).toBe(moment === 'before the start' ? 0 : 1);
    controller.abort(reasons[reason]);
    // An abort without a reason makes one itself; that very object arrives. A fallback does not answer an abort.
    expect(await ended).toEqual({ error: signal.reason as unknown, at: clock.time });
    expect(((await ended) as { error: unknown }).error).toBe(signal.reason);
    expect(clock.armed).toBe(0);
    await clock.drain();
    expect(world.calls).toHaveLength(moment === 'before the start' ? 0 : 1);
    expect([circuit.state, circuit.failures, world.pending]).toEqual(['closed', failures, 0]);
    expect(listeners()).toBe(0);
  });
});

describe('when a deadline bounds the call', () => {
  const hung = (): World => new World({ outages: [{ is: 'hung', from: 0, until: Infinity }] });

  it.each([
    // 0 to 30, wait, 60 to 90; the next wait would end at 150.
    { within: 100, limit: 30, waits: [30, 60], ends: 90, calls: 2 },
    // 0 to 4, wait 2, 6 to 10, wait 3, 13 to 17; the next wait, 5, would end at 22. At 22 itself it would not fit either.
    { within: 21, limit: 4, waits: [2, 3, 5, 7], ends: 17, calls: 3 },
    { within: 22, limit: 4, waits: [2, 3, 5, 7], ends: 17, calls: 3 },
  ])('S17 R20 $within s: no wait begins that would not end in time', async ({ within, limit, waits, ends, calls }) => {
    const world = hung();
    const guard = policy(timeout(s(limit)), retry({ attempts: waits.length + 1, delay: waits.map(s) }), deadline(s(within)), breaker(), {
      clock: world.clock,
    });
    world.start(1, guard.wrapWithContext(world.request));
    await world.clock.drain();
    expect(world.endings).toEqual([s(ends)]);
    expect(world.calls).toHaveLength(calls);
    expect(world.errors[0]).toMatchObject({ constructor: DeadlineExceededError, attempts: calls, cause: expect.any(TimeoutError) as unknown });
    // One failure of the call as a whole.
    expect(guard.circuit.failures).toBe(1);
  });

  it.each([
    // The second attempt starts at 60 with 12 s left.
    { within: 72, limit: 30, wait: 30, ends: 72 },
    { within: 7, limit: 4, wait: 2, ends: 7 },
    // Equal: the error says deadline.
    { within: 90, limit: 30, wait: 30, ends: 90 },
  ])('S17 R20 $within s: an attempt has what is left, and the error says deadline', async ({ within, limit, wait, ends }) => {
    const world = hung();
    const guard = policy(timeout(s(limit)), retry({ attempts: 3, delay: s(wait) }), deadline(s(within)), { clock: world.clock });
    const timedOut: number[] = [];
    guard.onEvent((event) => event.type === 'timed-out' && timedOut.push(world.clock.time));
    world.start(1, guard.wrapWithContext(world.request));
    await world.clock.drain();
    expect(world.calls.map(({ at }) => at)).toEqual([0, s(limit + wait)]);
    expect(world.endings).toEqual([s(ends)]);
    expect(world.errors[0]).toBeInstanceOf(DeadlineExceededError);
    expect([timedOut, world.pending, world.clock.armed]).toEqual([[s(limit)], 0, 0]);
  });

  it.each([
    { outer: 20, inner: 50 },
    { outer: 50, inner: 20 },
    { outer: 3, inner: 3 },
  ])('S17 R26 nested deadlines of $outer s and $inner s take the smaller', async ({ outer, inner }) => {
    const world = hung();
    const { clock } = world;
    const within = deadline(s(inner), { clock }).wrapWithContext(world.request);
    world.start(1, deadline(s(outer), { clock }).wrap(within));
    await clock.drain();
    expect(world.endings).toEqual([s(Math.min(outer, inner))]);
    expect(world.errors[0]).toBeInstanceOf(DeadlineExceededError);
    expect([world.pending, clock.armed]).toEqual([0, 0]);
  });
});

describe('when a budget of retries is shared', () => {
  const failing = (): World => new World({ outages: [{ is: 'fast-fail', from: 0, until: Infinity }], failsAfter: s(1) });
  const frames = [
    // At once: the failures cost 9, 8, 7, 6 (granted), 5 … (not above half). One after another, with 3 attempts: 9, 8
    // granted, 7 paid by the last attempt; 6 granted, 5 not.
    { tokens: 10, attempts: 3, tasks: 40, atOnce: 4, inTurn: 3 },
    // At once: 19 … 11. In turn, with 3 attempts: of 19 … 11 every third is a last attempt: 17, 14 and 11 buy nothing.
    { tokens: 20, attempts: 3, tasks: 40, atOnce: 9, inTurn: 6 },
    // In turn, with 2 attempts: 7 granted, 6 is a last one, 5 granted; 4 is a last one, too.
    { tokens: 8, attempts: 2, tasks: 12, atOnce: 3, inTurn: 2 },
  ];

  it.each(frames)('S20 R18 $tokens tokens grant $atOnce retries to $tasks tasks at once', async ({ tokens, attempts, tasks, atOnce }) => {
    const world = failing();
    const budget = retryBudget({ tokens, ratio: 0.1 });
    world.start(tasks, retry({ attempts, delay: s(30), budget, clock: world.clock }).wrapWithContext(world.request));
    await world.clock.drain();
    expect(world.calls).toHaveLength(tasks + atOnce);
    expect(world.errors.every((error) => error instanceof Overloaded)).toBe(true);
    expect(budget.tokens).toBe(0);
  });

  it.each(frames)('S20 R18 $tokens tokens grant $inTurn retries one after another', async ({ tokens, attempts, tasks, inTurn }) => {
    const world = failing();
    const budget = retryBudget({ tokens, ratio: 0.1 });
    const call = retry({ attempts, delay: s(30), budget, clock: world.clock }).wrapWithContext(world.request);
    for (let task = 0; task < tasks; task += 1) {
      world.start(1, call);
      await world.clock.drain();
    }
    expect(world.calls).toHaveLength(tasks + inTurn);
    await flush();
    expect(world.settled).toHaveLength(tasks);
  });
});
