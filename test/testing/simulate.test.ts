import { describe, expect, it } from 'vitest';
import {
  breaker, bulkhead, CircuitOpenError, deadline, fallback, policy, retry, timeout, TimeoutError, type AnyPolicy, type BreakerOptions,
} from 'breakwater';
import { manualClock, simulate, type Timeline } from 'breakwater/testing';

/** The frame of the scenarios, and a smaller one, in seconds. */
const given = { workers: 40, calls: 400, until: 600, takes: 5, limit: 30, waits: [30, 60], attempts: 3, threshold: 5, recovery: 60 };
const smaller = { workers: 12, calls: 50, until: 100, takes: 1, limit: 4, waits: [2, 3, 5], attempts: 4, threshold: 3, recovery: 10 };
type Frame = typeof given;
const frames = [{ name: 'in the frame', ...given }, { name: 'in a smaller frame', ...smaller }];

const ms = (seconds: number): number => seconds * 1_000;
const retrying = ({ attempts, waits, limit }: Frame): AnyPolicy => policy(retry({ attempts, delay: waits.map(ms) }), timeout(ms(limit)));
const guarded = (frame: Frame, options: BreakerOptions = {}): AnyPolicy =>
  policy(breaker({ failureThreshold: frame.threshold, recoveryTimeout: ms(frame.recovery), counts: 'attempts', ...options }), retrying(frame));
const hung = (frame: Frame) => ({ outage: { is: 'hung', until: ms(frame.until) }, takes: ms(frame.takes) }) as const;
const errorsOf = ({ calls }: Timeline): unknown[] => calls.map(({ outcome }) => outcome && 'error' in outcome && outcome.error);
const exhausted = ({ attempts, limit, waits }: Frame): number => ms(attempts * limit + waits.reduce((sum, wait) => sum + wait, 0));

describe('simulate', () => {
  it.each(frames)('S1 shows what retries alone do to a service that hangs: $name', async (frame) => {
    const timeline = await simulate({ policy: retrying(frame), load: { calls: frame.workers }, ...hung(frame) });
    expect(timeline.summary).toMatchObject({
      calls: frame.workers, completed: 0, failed: frame.workers, attempts: frame.workers * frame.attempts,
      attemptsInOutage: frame.workers * frame.attempts, peak: frame.workers, settledAt: exhausted(frame), timers: 0, openedAt: undefined,
    });
    if (frame.name === 'in the frame') expect([timeline.summary.attempts, timeline.summary.settledAt]).toEqual([120, 180_000]);
    expect(errorsOf(timeline).every((error) => error instanceof TimeoutError)).toBe(true);
    expect(timeline.states).toEqual([]);
  });

  it.each(frames)('S2 shows the circuit open with the first failures, and end every call: $name', async (frame) => {
    for (const is of ['hung', 'failing'] as const) {
      const outage = { is, until: ms(frame.until), takes: 1_000 };
      const timeline = await simulate({ policy: guarded(frame), load: { workers: frame.workers, calls: frame.workers }, outage });
      const ends = is === 'hung' ? ms(frame.limit) : 1_000;
      expect(timeline.summary).toMatchObject({
        completed: 0, rejected: frame.workers, attempts: frame.workers, peak: frame.workers, openedAt: ends, settledAt: ends, timers: 0,
      });
      const errors = errorsOf(timeline) as CircuitOpenError[];
      expect(errors.every((error) => error instanceof CircuitOpenError)).toBe(true);
      expect(new Set(errors.map(({ cause }) => cause)).size).toBe(frame.workers);
      // Those that slept when it opened had been told to wait, and were woken.
      const slept = timeline.calls.flatMap(({ waits }) => waits);
      expect(slept).toHaveLength(frame.threshold - 1);
      expect(slept[0]).toEqual({ by: 'retry', from: ends, to: ends, planned: ms(frame.waits[0]!) });
    }
  });

  it('S2 shows a bulkhead let few calls reach the service, and the opening release those who wait', async () => {
    const waiting = policy(bulkhead({ limit: 5, queue: 40 }), guarded(given));
    const heeding = await simulate({ policy: waiting, load: { calls: 40 }, ...hung(given) });
    expect(heeding.summary).toMatchObject({ attempts: 9, peak: 5, rejected: 40, settledAt: 60_000, openedAt: 30_000, timers: 0 });
    expect(heeding.calls[20]!.waits).toEqual([{ by: 'bulkhead', from: 0, to: expect.any(Number), planned: undefined }]);
    const deaf = await simulate({ policy: policy(bulkhead({ limit: 5, queue: 40 }), guarded(given)), load: { calls: 40 }, ...hung(given), ignoresSignal: true });
    expect(deaf.summary).toMatchObject({ attempts: 5, peak: 5, rejected: 40, settledAt: 30_000, openedAt: 30_000, timers: 0 });
  });

  it.each(frames)('S2b shows that counting calls learns of it late, and that a second wave makes no call: $name', async (frame) => {
    const load = [{ calls: frame.workers }, { calls: frame.workers, from: exhausted(frame) + 1 }];
    const { summary } = await simulate({ policy: guarded(frame, { counts: 'calls' }), load, ...hung(frame) });
    expect(summary).toMatchObject({
      calls: 2 * frame.workers, failed: frame.workers, rejected: frame.workers, attempts: frame.workers * frame.attempts, openedAt: exhausted(frame),
    });
  });

  it.each(frames)("S3 shows with 'reject' how workers burn through all documents: $name", async (frame) => {
    const { workers, calls } = frame;
    const { summary } = await simulate({ policy: guarded(frame), load: { workers, calls }, ...hung(frame) });
    expect(summary).toMatchObject({ completed: 0, rejected: calls, attempts: workers, settledAt: ms(frame.limit) });
  });

  it.each(frames)("S3 S21 shows with 'wait' every document completed, and the circuit open, probe and close: $name", async (frame) => {
    const { workers, calls, until, limit, recovery, takes } = frame;
    const timeline = await simulate({ policy: guarded(frame, { whenOpen: 'wait' }), load: { workers, calls }, ...hung(frame) });
    // Opened at 30; a round is the recovery and a probe that times out, until the probe that starts after the outage.
    const round = recovery + limit;
    const failed = Math.ceil((until - limit - recovery) / round);
    const closed = limit + recovery + failed * round + takes;
    expect(timeline.summary).toMatchObject({
      completed: calls, rejected: 0, failed: 0, attempts: workers + failed + calls, attemptsInOutage: workers + failed,
      openings: 1 + failed, openedAt: ms(limit), closedAt: ms(closed), peak: workers, timers: 0,
    });
    const states = timeline.states.map(({ state, from }) => `${state} (${from / 1_000})`);
    expect(states.slice(0, 4)).toEqual(['closed (0)', `open (${limit})`, `half-open (${limit + recovery})`, `open (${limit + round})`]);
    expect(states.slice(-2)).toEqual([`half-open (${closed - takes})`, `closed (${closed})`]);
    if (frame.name === 'in the frame') expect(timeline.summary).toMatchObject({ attempts: 446, attemptsInOutage: 46, closedAt: 635_000, settledAt: 685_000 });
    expect(timeline.calls.flatMap(({ waits }) => waits).some(({ by }) => by === 'breaker')).toBe(true);
  });

  it('S16 shows an even load meet a service that hangs', async () => {
    const { summary, pending } = await simulate({ policy: guarded(given), load: { perSecond: 50, for: 60_000 }, ...hung(given) });
    expect(summary).toMatchObject({ openedAt: 30_080, calls: 3_000, peak: 1_500 });
    expect(summary.attempts).toBeGreaterThanOrEqual(1_504);
    expect(summary.attempts).toBeLessThanOrEqual(1_505);
    expect(pending.filter(({ at }) => at <= 60_100).at(-1)?.count).toBe(0);
    const limited = policy(bulkhead({ limit: 100, queue: 10_000 }), guarded(given));
    expect((await simulate({ policy: limited, load: { perSecond: 50, for: 60_000 }, ...hung(given) })).summary.peak).toBe(100);
  });

  it('S17 shows a deadline refuse the wait that does not fit, and cut the attempt that does not', async () => {
    const within = (seconds: number): AnyPolicy => policy(deadline(ms(seconds)), retrying(given));
    const refused = await simulate({ policy: within(100), load: { calls: 1 }, ...hung(given) });
    expect(refused.calls[0]).toMatchObject({ to: 90_000, end: 'rejected', attempts: [{ to: 30_000 }, { from: 60_000, to: 90_000 }] });
    const cut = await simulate({ policy: within(12), load: { calls: 1 }, ...hung(given) });
    expect(cut.calls[0]).toMatchObject({ to: 12_000, attempts: [{ from: 0, to: 12_000, came: 'out of time', toldToStop: 12_000 }] });
  });

  it('takes the policy as a function of the clock, too, and is the same each time', async () => {
    const clocks: unknown[] = [];
    const run = (random: number): Promise<Timeline> =>
      simulate({
        policy: (clock) => (clocks.push(clock), policy(breaker({ clock }), retry({ attempts: 5 }), timeout(700))),
        load: [{ perSecond: 7, for: 20_000 }, { workers: 3, calls: 30, from: 5_000 }],
        outage: { is: 'failing', from: 3_000, until: 9_000, ratio: 0.6 },
        takes: (attempt) => 50 + (attempt % 7) * 100,
        random,
      });
    const [one, two, other] = [await run(4), await run(4), await run(5)];
    expect(new Set(clocks).size).toBe(3);
    expect(one.toText()).toBe(two.toText());
    expect(one.calls).toEqual(two.calls);
    expect(other.calls).not.toEqual(one.calls);
    expect(one.summary.attemptsInOutage).toBeGreaterThan(10);
    expect(one.summary.completed).toBeGreaterThan(10);
    expect((await simulate({ policy: retry(), load: { calls: 9 }, outage: { is: 'failing', ratio: 0.5 }, random: () => 0.5 })).summary.failed).toBe(0);
  });

  it('tells how each call ended: an answer, the fallback, an error, turned away', async () => {
    const timeline = await simulate({
      policy: policy(breaker({ failureThreshold: 2, recoveryTimeout: 10_000 }), retry({ attempts: 1 })),
      load: { calls: 6, every: 2_000 },
      outage: { is: 'failing', from: 1_000, until: 7_000, takes: 500, error: (call) => `no ${call}` },
    });
    expect(timeline.calls.map(({ end }) => end)).toEqual(['answer', 'error', 'error', 'rejected', 'rejected', 'rejected']);
    expect(timeline.calls[2]).toMatchObject({ name: 'call 3', from: 4_000, to: 4_500, outcome: { error: 'no 3' } });
    expect(timeline.states).toEqual([
      { state: 'closed', from: 0, to: 4_500, over: true },
      { state: 'open', from: 4_500, to: 10_000, over: false },
    ]);
    const answered = await simulate({ policy: fallback('none'), load: { calls: 1 }, outage: { is: 'failing' } });
    expect([answered.calls[0]?.end, answered.calls[0]?.outcome, answered.summary.fellBack]).toEqual(['fallback', { value: 'none' }, 1]);
  });

  it('tells when the circuit closed again', async () => {
    const { summary, states } = await simulate({
      policy: guarded(given), load: { calls: 60, every: 20_000 }, outage: { is: 'hung', until: 300_000 }, takes: 5_000,
    });
    expect(summary.openings).toBeGreaterThan(1);
    expect(summary.closedAt).toBe(states.at(-1)?.from);
    expect(summary.completed).toBeGreaterThan(30);
  });

  it('counts what the service has: also what runs on although it was told to stop', async () => {
    const cut = { policy: timeout(1_000), load: { calls: 3, every: 1_000 }, outage: { is: 'slow' }, takes: 500 } as const;
    const heeding = await simulate(cut);
    expect([heeding.summary.peak, heeding.pending.at(-1)?.count]).toEqual([1, 0]);
    const deaf = await simulate({ ...cut, ignoresSignal: true });
    expect([deaf.summary.peak, deaf.pending.at(-1)?.count, deaf.summary.timers]).toEqual([3, 3, 0]);
    expect((await simulate({ ...cut, outage: { is: 'slow', takes: 900 } })).summary.completed).toBe(3);
  });

  it('ends by itself where a policy never does, and says what is under way', async () => {
    const stubborn = retry({ attempts: Infinity, delay: 60_000 });
    const failing = { is: 'failing', takes: 0 } as const;
    const limited = await simulate({ policy: stubborn, load: { calls: 2 }, outage: failing, until: 600_000 });
    expect([limited.summary.unsettled, limited.until, limited.summary.attempts, limited.summary.timers]).toEqual([2, 600_000, 22, 2]);
    expect(limited.calls[0]).toMatchObject({ end: 'running', outcome: undefined, to: 600_000 });
    expect(limited.toText()).toMatch(/still under way +2\n/);

    const forever = await simulate({ policy: timeout(Infinity), load: { calls: 1 }, outage: { is: 'hung', until: 5_000 } });
    expect([forever.summary.unsettled, forever.until, forever.summary.timers]).toEqual([1, 5_000, 0]);
    expect((await simulate({ policy: timeout(Infinity), load: { calls: 1 }, outage: { is: 'hung' } })).toSvg()).toContain('still under way');
  });

  it('calls with the arguments that it is told', async () => {
    const seen: unknown[] = [];
    const answering = fallback((_: unknown, __: unknown, ...args: readonly unknown[]) => void seen.push(args));
    await simulate({ policy: answering, load: { calls: 2 }, outage: { is: 'failing' } });
    await simulate({ policy: answering, load: { calls: 1 }, outage: { is: 'failing' }, args: (call) => ['key', call * 10] });
    expect(seen).toEqual([[1], [2], ['key', 10]]);
  });

  it('says which option is wrong', async () => {
    const good = { policy: retry(), load: { calls: 1 } };
    const wrong = (options: object): Promise<unknown> => simulate({ ...good, ...options }).catch((error: Error) => `${error.name}: ${error.message}`);
    expect(await wrong({ policy: 1 })).toBe('TypeError: simulate: policy must be a policy, or a function that makes one on a clock, got 1');
    expect(await wrong({ policy: () => 1 })).toMatch(/^TypeError: policy expects policies, got 1/);
    expect(await wrong({ load: {} })).toMatch(/^TypeError: simulate: load must be a load, such as/);
    expect(await wrong({ load: [] })).toMatch(/^TypeError: simulate: load must be a load, or a list of at least one/);
    expect(await wrong({ load: { workers: 0, calls: 1 } })).toBe('RangeError: simulate: load: workers must be a whole number of at least 1, got 0');
    expect(await wrong({ load: { calls: Infinity } })).toMatch(/^RangeError: simulate: load: calls must be a whole number of at least 1, with an end/);
    expect(await wrong({ load: { perSecond: 0, for: 1 } })).toBe('RangeError: simulate: load: perSecond must be a number above 0, with an end, got 0');
    expect(await wrong({ load: { perSecond: 1, for: 1, every: 2 } })).toMatch(/simulate: load has no option "every"/);
    expect(await wrong({ outage: { is: 'down' } })).toBe('TypeError: simulate: outage: is must be "hung" or "failing" or "slow", got "down"');
    expect(await wrong({ outage: { is: 'hung', from: 5, until: 4 } })).toMatch(/^RangeError: simulate: outage: until must be/);
    expect(await wrong({ outage: { is: 'hung', ratio: 2 } })).toMatch(/ratio must be a number from 0 to 1, got 2$/);
    expect(await wrong({ takes: -1 })).toMatch(/^RangeError: simulate: takes/);
    expect(await wrong({ until: 0 })).toMatch(/^RangeError: simulate: until/);
    expect(await wrong({ random: 0.5 })).toBe('RangeError: simulate: random must be a whole number, or a function, got 0.5');
    const clock = manualClock();
    expect(await wrong({ policy: retry({ clock }) })).toMatch(/a policy has one clock/);
  });
});

describe('a timeline', () => {
  const batch = (more = {}): Promise<Timeline> =>
    simulate({ policy: guarded(given), load: { calls: 30, every: 10_000 }, outage: { is: 'hung', from: 20_000, until: 200_000 }, takes: 5_000, ...more });

  it('says as text what happened, with a line each for what was counted', async () => {
    expect((await batch()).toText().split('\n')).toEqual([
      'breaker(5 in a row, 60 s) ▸ retry ×3 ▸ timeout 30 s ▸ fn',
      '',
      '  completed           8 of 30',
      '  failed              1',
      '  rejected            21',
      '  attempts            18, 10 of them during an outage',
      '  most at once        5',
      '  circuit             opened at 90 s, 2 times in all, closed at 245 s',
      '  last call ended at  295 s',
      '',
      '  attempts  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄           ▄                 ▄ ▄ ▄ ▄ ▄ ▄',
      '  pending   ▂ ▂ ▂▂▄▄▅▅▅▅▅▅▅▅▇▇█▇▅▅▂▂      ▂▂▂▂▂▂            ▂ ▂ ▂ ▂ ▂ ▂',
      '  waiting             ▃▃▆▆████',
      '  service   ────xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx───────────────────',
      '  circuit   ──────────────────▓▓▓▓▓▓▓▓▓▓▓▓??????▓▓▓▓▓▓▓▓▓▓▓▓?──────────',
      '',
      '  One column is 5 s; a full bar is 2 attempts, 5 pending, 3 waiting.',
      '  Service: x hung. Circuit: ─ closed, ▓ open, ? half-open.',
    ]);
  });

  it('leaves out of the text what there was not', async () => {
    const { toText } = await simulate({ policy: timeout(100), load: { calls: 1 }, takes: 100 });
    expect(toText().split('\n')).toEqual([
      'timeout 100 ms ▸ fn',
      '',
      '  completed           0 of 1',
      '  failed              1',
      '  attempts            1',
      '  most at once        1',
      '  last call ended at  0.1 s',
      '',
      '  attempts  █',
      `  pending   ${'█'.repeat(50)}`,
      `  service   ${'─'.repeat(50)}`,
      '',
      '  One column is 2 ms; a full bar is 1 attempt, 1 pending.',
    ]);
  });

  it('shows a state that was shorter than a column, and one that began at the very end', async () => {
    const text = (await simulate({ policy: guarded(given), load: { calls: 40 }, ...hung(given) })).toText();
    expect(text).toMatch(/circuit {3,}─{59}▓\n/);
    const probing = await batch({ outage: { is: 'failing', until: 100_000, takes: 10 }, takes: 10 });
    const probes = probing.states.filter(({ state }) => state === 'half-open');
    expect(probes.map(({ from, to }) => to - from)).toEqual([10]);
    // In the line, and in the legend.
    expect(probing.toText().split('?')).toHaveLength(3);
  });

  it('is drawn in lanes where the calls are few, else in sums, and says in words what it shows', async () => {
    const few = (await batch({ load: { calls: 3 } })).toSvg();
    const many = (await batch()).toSvg({ title: 'A night <in> May', name: 'night' });
    for (const svg of [few, many]) {
      expect(svg).toMatch(/^<svg [^>]*role="img"/);
      expect(svg).toMatch(/<title id="[\w-]+">[^<]+<\/title>\n<desc id="[\w-]+">[^<]{40,}<\/desc>/);
      expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|<script|<image|data:|href=|NaN|undefined|Infinity/);
      expect(svg).toContain('prefers-color-scheme: dark');
    }
    expect(few).toContain('<title id="timeline-title">What the policy does</title>');
    expect(few).toContain('>call 3</text>');
    expect(many).toContain('<title id="night-title">A night &lt;in&gt; May</title>');
    expect(many).not.toContain('>call 3</text>');
    for (const row of ['attempts', 'pending', 'waiting', 'service', 'circuit']) expect(many).toContain(`>${row}</text>`);
    expect(many).toContain('The service is hung from 20 s to 200 s.');
  });

  it('is drawn also where nothing took any time, or went on for hours', async () => {
    const none = await simulate({ policy: retry(), load: { calls: 1 }, takes: 0 });
    expect([none.until, none.toSvg().includes('NaN'), none.toText().includes('NaN')]).toEqual([0, false, false]);
    const long = await simulate({ policy: retry(), load: { calls: 20, every: 3_600_000 }, takes: 0 });
    expect(long.toSvg()).toContain('>minutes</text>');
    expect(long.toText()).toContain('One column is 30 min');
  });
});
