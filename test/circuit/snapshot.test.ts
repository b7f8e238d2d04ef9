import { describe, expect, it } from 'vitest';
import { readSnapshot, type CircuitSnapshot } from '../../src/circuit/snapshot.ts';
import { Rig, type RigOptions } from './rig.ts';

const saved: CircuitSnapshot = {
  version: 1,
  state: 'open',
  failures: 5,
  remainingMs: 700,
  reopenings: 2,
  savedAt: 1_000_000,
};

/** The circuit in another process: `away` ms later by the wall clock, and a monotonic clock that starts at 0. */
function restored(snapshot: CircuitSnapshot, away: number, options: RigOptions = {}): Rig {
  const json = JSON.stringify(snapshot);
  const at = { mono: 0, wall: snapshot.savedAt + away };
  return new Rig({ at, ...options, snapshot: readSnapshot(JSON.parse(json), 'test') });
}

describe('CircuitMachine', () => {
  describe('toJSON()', () => {
    it('R9 saves a closed circuit with its failures', () => {
      const rig = new Rig();
      rig.failures(2);
      const fresh = { version: 1, state: 'closed', remainingMs: 0, reopenings: 0, savedAt: 1_000_000 };
      expect(rig.save()).toEqual({ ...fresh, failures: 2 });
    });

    it('A17 R9 saves an open circuit as durations, whatever its monotonic clock shows', () => {
      const rig = new Rig({ at: { mono: 7e9, wall: 1_000_000 } });
      rig.fails(rig.probe());
      rig.pass(300.25);
      const wall = 1_000_000 + 1_000 + 300.25;
      expect(rig.save()).toEqual({
        version: 1,
        state: 'open',
        failures: 4,
        remainingMs: 700,
        reopenings: 1,
        savedAt: wall,
      });
    });

    it('R9 saves an open circuit whose recovery is over with nothing left', () => {
      const rig = new Rig();
      rig.trip();
      rig.pass(5_000);
      expect(rig.save()).toMatchObject({ state: 'open', remainingMs: 0 });
    });

    it('R9 saves a half-open circuit as open with nothing left, full or not', () => {
      const rig = new Rig();
      const probe = rig.probe();
      const expected = { version: 1, state: 'open', failures: 3, remainingMs: 0, reopenings: 0, savedAt: 1_001_000 };
      expect(rig.save()).toEqual(expected);
      rig.ignored(probe);
      expect(rig.save()).toEqual(expected);
    });

    it('R9 saves an isolated circuit as the closed one that its release would leave', () => {
      const rig = new Rig();
      rig.fails(rig.probe());
      rig.machine.isolate();
      const fresh = { version: 1, state: 'closed', failures: 0, remainingMs: 0, reopenings: 0 };
      expect(rig.save()).toEqual({ ...fresh, savedAt: 1_001_000 });
    });

    it('R9 saves a recovery time without an end as one that JSON can carry', () => {
      const rig = new Rig({ recovery: Infinity });
      rig.trip();
      expect(rig.save().remainingMs).toBe(Number.MAX_SAFE_INTEGER);
      const after = restored(rig.save(), 1e12, { recovery: Infinity });
      expect([after.isOpen, restored(rig.save(), 0).retryAfterMs]).toEqual([true, 1_000]);
    });
  });

  describe('when restored', () => {
    it('R9 goes on with its failures where it was closed', () => {
      const rig = restored({ ...saved, state: 'closed', failures: 2, remainingMs: 0 }, 50);
      expect(rig.reads6).toEqual(['closed', false, 0, 2]);
      expect(rig.machine.reopenings).toBe(0);
      rig.failures(1);
      expect(rig.machine.state).toBe('open');
      expect(rig.turns).toEqual(['closed → open']);
    });

    it('A17 R9 takes the wall time that passed off what was left, and tells no transition', () => {
      const rig = restored(saved, 200);
      expect(rig.reads6).toEqual(['open', true, 500, 5]);
      expect(rig.machine.reopenings).toBe(2);
      expect(rig.turns).toEqual([]);
      rig.mono += 500;
      expect(rig.admit().probe).toBe(true);
    });

    it('R9 R31 lets either clock end what was left', () => {
      const rig = restored(saved, 200);
      rig.wall += 500;
      expect(rig.isOpen).toBe(false);
    });

    it.each([700, 701, 1e12])('R9 has nothing left after %d ms away', (away) => {
      expect(restored(saved, away).reads6).toEqual(['open', false, 0, 5]);
    });

    it.each([-1, -3_600_000])('A17 R9 neither takes off nor adds where the wall clock went by %d ms', (away) => {
      expect(restored(saved, away).retryAfterMs).toBe(700);
    });

    it('R9 waits no longer than the new recovery time, drawn at the saved index', () => {
      const drawn: number[] = [];
      const rig = restored(saved, 0, { recovery: (reopenings) => (drawn.push(reopenings), 300) });
      expect([rig.retryAfterMs, drawn]).toEqual([300, [2]]);
    });

    it('R3 R9 gives a probe a lease by the recovery time, not by what was left of it', () => {
      const rig = restored(saved, 0, { recovery: 5_000 });
      rig.pass(700);
      rig.admit(1_000);
      expect(rig.retryAfterMs).toBe(5_000);
    });

    it('R8 R9 goes on growing from the reopenings that were saved', () => {
      const rig = restored(saved, 700, { recovery: (reopenings) => 1_000 * 2 ** reopenings });
      rig.fails(rig.admit());
      expect([rig.machine.reopenings, rig.retryAfterMs, rig.machine.failures]).toEqual([3, 8_000, 6]);
    });

    it('saves again what was restored', () => {
      expect(restored(saved, 0).save()).toEqual(saved);
    });
  });
});

describe('readSnapshot', () => {
  it('answers a copy and leaves the original as it is', () => {
    const given = Object.freeze({ ...saved });
    const read = readSnapshot(given, 'breaker: initialState');
    expect(read).toEqual(saved);
    expect(read).not.toBe(given);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'breaker: initialState must be what toJSON() of a circuit answered, got undefined'],
    ['null', null, 'breaker: initialState must be what toJSON() of a circuit answered, got null'],
    ['unparsed JSON', '{}', 'breaker: initialState must be what toJSON() of a circuit answered, got "{}"'],
    ['a function', readSnapshot, 'must be what toJSON() of a circuit answered, got the function readSnapshot'],
    ['a list', [saved], 'breaker: initialState expects an object of options'],
    ['an empty object', {}, 'breaker: initialState: version must be 1, got undefined'],
    ['another version', { ...saved, version: 2 }, 'breaker: initialState: version must be 1, got 2'],
    ['another state', { ...saved, state: 'half-open' }, 'state must be "closed" or "open", got "half-open"'],
    ['no state', { ...saved, state: undefined }, 'state must be "closed" or "open", got undefined'],
    ['a count that is text', { ...saved, failures: '3' }, 'failures must be a whole number, 0 or more, got "3"'],
    ['a fieldname that is unknown', { ...saved, openedAt: 1 }, 'breaker: initialState has no option "openedAt"'],
    ['a time that JSON lost', { ...saved, remainingMs: null }, 'remainingMs must be a finite duration in milliseconds'],
    ['no date', { ...saved, savedAt: undefined }, 'savedAt must be a finite time in milliseconds since 1970, got'],
    ['inherited fields', Object.create(saved), 'breaker: initialState: version must be 1, got undefined'],
  ])('A17 R9 refuses %s with a TypeError', (_, junk, message) => {
    const read = (): unknown => readSnapshot(junk, 'breaker: initialState');
    expect(read).toThrow(TypeError);
    expect(read).toThrow(message);
  });

  it.each<[keyof CircuitSnapshot, readonly number[], string]>([
    ['failures', [-1, 0.5, NaN, Infinity, 2 ** 53], 'a whole number, 0 or more'],
    ['reopenings', [-1, 0.5, NaN, Infinity, 2 ** 53], 'a whole number, 0 or more'],
    ['remainingMs', [-1, -0.1, NaN, Infinity, -Infinity], 'a finite duration in milliseconds, 0 or more'],
    ['savedAt', [NaN, Infinity, -Infinity], 'a finite time in milliseconds since 1970'],
  ])('A17 R9 refuses %s outside its range with a RangeError', (name, values, expects) => {
    for (const value of values) {
      const read = (): unknown => readSnapshot({ ...saved, [name]: value }, 'breaker: initialState');
      expect(read).toThrow(RangeError);
      expect(read).toThrow(`breaker: initialState: ${name} must be ${expects}, got ${value}`);
    }
  });

  it('takes the ends of every range', () => {
    const ends: readonly CircuitSnapshot[] = [
      { ...saved, failures: 0, remainingMs: 0, reopenings: 0, savedAt: -1 },
      { ...saved, state: 'closed', failures: 2 ** 53 - 1, remainingMs: Number.MAX_VALUE, reopenings: 2 ** 53 - 1 },
    ];
    for (const end of ends) expect(readSnapshot(end, 'test')).toEqual(end);
  });
});
