/** A line whose links are in those who stand in it: to join, to leave and to move on cost nothing but a few links. */

/** What can stand in a line; in one at a time. */
export interface Standing<T extends Standing<T>> {
  line: Line<T> | undefined;
  older: T | undefined;
  newer: T | undefined;
}

/** A line, the oldest first. */
export class Line<T extends Standing<T>> {
  first: T | undefined = undefined;
  size = 0;
  #last: T | undefined = undefined;

  /** Stands last from now on, wherever it stood before. */
  join(one: T): void {
    one.line?.leave(one);
    one.line = this;
    this.size += 1;
    this.#link(this.#last, one);
    this.#link(one, undefined);
  }

  /** Stands here no more. */
  leave(one: T): void {
    one.line = undefined;
    this.size -= 1;
    this.#link(one.older, one.newer);
  }

  #link(older: T | undefined, newer: T | undefined): void {
    if (older === undefined) this.first = newer;
    else older.newer = newer;
    if (newer === undefined) this.#last = older;
    else newer.older = older;
  }
}
