/** The listings of each state in the order of their numbers, so that a page costs no more than its length. */
export class StateLists<State extends string> {
  readonly #lists = new Map<State, number[]>();

  /** @param first the state of all listings, which are numbered from 1 */
  constructor(listings: number, first: State) {
    this.#lists.set(
      first,
      Array.from({ length: listings }, (_, index) => index + 1),
    );
  }

  of(state: State): readonly number[] {
    return this.#lists.get(state) ?? [];
  }

  /** Also a no-op: from a state to itself. */
  move(number: number, from: State, to: State): void {
    if (from === to) return;
    const left = this.#lists.get(from) ?? [];
    const at = firstNotBelow(left, number);
    if (left[at] === number) left.splice(at, 1);
    const joined = this.#lists.get(to) ?? [];
    joined.splice(firstNotBelow(joined, number), 0, number);
    this.#lists.set(to, joined);
  }
}

function firstNotBelow(sorted: readonly number[], number: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
