import { describe, expect, it } from 'vitest';
import { Entry, LOOKS, Shelf, type Keepable, type ShelfRules } from '../../src/keyed/shelf.ts';

interface Part extends Keepable {
  '~idle': boolean;
  asked: number;
}

function part(idle = true): Part {
  const made = {
    asked: 0,
    now: idle,
    get '~idle'() {
      made.asked += 1;
      return made.now;
    },
    set '~idle'(value: boolean) {
      made.now = value;
    },
  };
  return made;
}

class Slot extends Entry<number, Slot> {
  readonly policy: Part;
  constructor(key: number, policy: Part = part()) {
    super(key);
    this.policy = policy;
  }
}

const shelfOf = (rules: ShelfRules, dropped: (entry: Slot) => void = () => {}): Shelf<number, Slot> => new Shelf(rules, dropped);

const put = (shelf: Shelf<number, Slot>, key: number, idle = true, now = 0): Slot => {
  const entry = new Slot(key, part(idle));
  shelf.keep(entry, now);
  return entry;
};

describe('Shelf', () => {
  it('drops the least recently used that is idle, and tells it', () => {
    const told: number[] = [];
    const shelf = shelfOf({ max: 3, idleAfter: Infinity }, ({ key }) => told.push(key));
    const [one, two] = [put(shelf, 1), put(shelf, 2), put(shelf, 3)];
    shelf.use(one, 0);
    put(shelf, 4);
    expect([[...shelf.keys()], told]).toEqual([[1, 3, 4], [2]]);
    expect([shelf.keeps(one), shelf.keeps(two), shelf.get(2)]).toEqual([true, false, undefined]);
  });

  it('keeps nothing more where none is idle', () => {
    const shelf = shelfOf({ max: 2, idleAfter: 0 });
    put(shelf, 1, false);
    put(shelf, 2, false);
    expect(shelf.keep(new Slot(3), 5)).toBe(false);
    expect([...shelf.keys()]).toEqual([1, 2]);
  });

  it('takes one with calls for busy, whatever its policy says', () => {
    const shelf = shelfOf({ max: 1, idleAfter: Infinity });
    const one = put(shelf, 1);
    one.calls = 1;
    expect(shelf.keep(new Slot(2), 0)).toBe(false);
    one.calls = 0;
    expect(shelf.keep(new Slot(2), 0)).toBe(true);
  });

  it(`looks at each but once after it was used, and at no more than ${LOOKS} busy ones for a key that comes in`, () => {
    const most = 1_000;
    const shelf = shelfOf({ max: most, idleAfter: Infinity });
    const entries = Array.from({ length: most }, (_, key) => put(shelf, key, false));
    const asked = (): number => entries.reduce((sum, { policy }) => sum + policy.asked, 0);
    expect(shelf.keep(new Slot(-1), 0)).toBe(false);
    expect(asked()).toBe(most);
    for (let i = 1; i <= 100; i += 1) {
      shelf.keep(new Slot(-1), 0);
      expect(asked()).toBe(most + i * LOOKS);
    }
    // All of them in turn.
    const times = entries.map(({ policy }) => policy.asked);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
  });

  it('finds one that came to rest by itself before long', () => {
    const shelf = shelfOf({ max: 320, idleAfter: Infinity });
    const entries = Array.from({ length: 320 }, (_, key) => put(shelf, key, false));
    shelf.keep(new Slot(-1), 0);
    entries[200]!.policy['~idle'] = true;
    let tries = 1;
    while (!shelf.keep(new Slot(-1), 0)) tries += 1;
    expect(tries).toBeLessThanOrEqual(320 / LOOKS);
    expect([shelf.get(200), shelf.size]).toEqual([undefined, 320]);
  });

  it('finds nobody the worse for having been busy: used again, it is the last to go', () => {
    const shelf = shelfOf({ max: 2, idleAfter: Infinity });
    const [one, two] = [put(shelf, 1, false), put(shelf, 2)];
    put(shelf, 3);
    expect([...shelf.keys()]).toEqual([1, 3]);
    one.policy['~idle'] = true;
    shelf.use(one, 0);
    shelf.use(two, 0);
    put(shelf, 4);
    expect([...shelf.keys()]).toEqual([1, 4]);
  });

  it('drops all whose time is over and that are idle, also where there is room', () => {
    const shelf = shelfOf({ max: 10, idleAfter: 100 });
    put(shelf, 1, true, 0);
    const busy = put(shelf, 2, false, 0);
    put(shelf, 3, true, 50);
    put(shelf, 4, true, 99);
    expect([...shelf.keys()]).toEqual([1, 2, 3, 4]);
    put(shelf, 5, true, 100);
    expect([...shelf.keys()]).toEqual([2, 3, 4, 5]);
    busy.policy['~idle'] = true;
    put(shelf, 6, true, 149);
    expect([...shelf.keys()]).toEqual([3, 4, 5, 6]);
    put(shelf, 7, true, 150);
    expect([...shelf.keys()]).toEqual([4, 5, 6, 7]);
  });

  it('keeps a busy one whose time is not over, although there it would be idle by now', () => {
    const shelf = shelfOf({ max: 3, idleAfter: 100 });
    const busy = put(shelf, 1, false, 0);
    put(shelf, 2, true, 0);
    put(shelf, 3, true, 0);
    put(shelf, 4, true, 10);
    busy.policy['~idle'] = true;
    expect([...shelf.keys()]).toEqual([1, 3, 4]);
    shelf.drop(shelf.get(3)!);
    put(shelf, 5, true, 50);
    expect([...shelf.keys()]).toEqual([1, 4, 5]);
  });

  it('fixes one that is kept or not, which then needs no room and gives none', () => {
    const shelf = shelfOf({ max: 1, idleAfter: 0 });
    const one = put(shelf, 1);
    shelf.fix(one);
    const two = new Slot(2);
    shelf.fix(two);
    put(shelf, 3, true, 9);
    put(shelf, 4, true, 9);
    expect([[...shelf.keys()], shelf.size, one.line, two.line]).toEqual([[1, 2, 4], 3, undefined, undefined]);
    shelf.use(one, 5);
    expect(one.line).toBeUndefined();
    shelf.drop(one);
    shelf.drop(two);
    expect([...shelf.keys()]).toEqual([4]);
  });

  it('is as well where everybody has left', () => {
    const shelf = shelfOf({ max: 2, idleAfter: Infinity });
    for (let round = 0; round < 3; round += 1) {
      const [one, two] = [put(shelf, 1), put(shelf, 2)];
      shelf.use(one, 0);
      shelf.drop(two);
      shelf.drop(one);
      expect(shelf.size).toBe(0);
    }
    put(shelf, 3, false);
    put(shelf, 4);
    put(shelf, 5);
    expect([...shelf.keys()]).toEqual([3, 5]);
  });
});
