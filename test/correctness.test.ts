import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allTests, cell, idsOf, PAGE, refreshed, rowsOf, testsIn } from './helpers/correctness.ts';

const page = readFileSync(PAGE, 'utf8');
const rows = rowsOf(page);
const tests = allTests();

describe('docs/correctness.md', () => {
  it('has a row for each id that a test holds, and no id twice', () => {
    const ids = rows.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect([...new Set(tests.flatMap(({ ids: held }) => held))].filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('names at least one test in each row', () => {
    expect(rows.filter(({ id }) => !tests.some(({ ids }) => ids.includes(id))).map(({ id }) => id)).toEqual([]);
  });

  it('names exactly the tests that there are (`npm run correctness` writes them anew)', () => {
    const wrong = rows.filter((row) => row.tests !== cell(row.id, tests)).map(({ id }) => id);
    expect(wrong).toEqual([]);
    expect(refreshed(page, tests)).toBe(page);
  });

  it('calls nothing later that has a row', () => {
    const later = page.slice(page.indexOf('## Later')).split('\n').flatMap((line) => /^\| (\S+) \| [^|]+ \|$/.exec(line)?.[1] ?? []);
    expect(later.length).toBeGreaterThan(5);
    expect(later.filter((id) => rows.some((row) => row.id === id))).toEqual([]);
  });
});

describe('testsIn', () => {
  it('finds tests and groups by the ids that their names begin with', () => {
    const source = [
      `describe('A1 a group', () => {`,
      `  it('R2 F5 says so', () => {});`,
      '  it.each([1])(`S2b, S4: of %s`, () => {});',
      `  it('says nothing of A3', () => {});`,
      `});`,
    ].join('\n');
    expect(testsIn('a.test.ts', source)).toEqual([
      { ids: ['A1'], file: 'a.test.ts', name: 'A1 a group' },
      { ids: ['R2', 'F5'], file: 'a.test.ts', name: 'R2 F5 says so' },
      { ids: ['S2b', 'S4'], file: 'a.test.ts', name: 'S2b, S4: of %s' },
    ]);
  });

  it('takes no word for an id', () => {
    expect(idsOf('F1score is no id')).toEqual([]);
    expect(idsOf('E1 is none either')).toEqual([]);
    expect(idsOf('R31')).toEqual(['R31']);
  });
});

describe('refreshed', () => {
  it('keeps the statements and writes the tests', () => {
    const before = '| id | what | tests |\n| --- | --- | --- |\n| A1 | It holds. | old |\ntext';
    const held = [{ ids: ['A1', 'A2'], file: 'a.test.ts', name: 'A1 A2 a | b' }];
    expect(refreshed(before, held)).toBe('| id | what | tests |\n| --- | --- | --- |\n| A1 | It holds. | `a.test.ts`: `A1 A2 a \\| b` |\ntext');
  });
});
