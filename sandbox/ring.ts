/** A log with absolute positions that forgets its oldest entries. */
export interface Ring<Entry> {
  push(entry: Entry): void;
  /** Entries from position `since` on (or from the oldest kept), and the position to ask for next. */
  from(since: number, max: number): { readonly entries: readonly Entry[]; readonly next: number };
  all(): readonly Entry[];
}

/** @param lengthMax entries kept at least; up to twice as many are held for a moment */
export function createRing<Entry>(lengthMax: number): Ring<Entry> {
  let entries: Entry[] = [];
  let first = 0;
  return {
    push(entry) {
      entries.push(entry);
      if (entries.length < lengthMax * 2) return;
      first += entries.length - lengthMax;
      entries = entries.slice(-lengthMax);
    },
    from(since, max) {
      const start = Math.max(0, since - first);
      const part = entries.slice(start, start + max);
      return { entries: part, next: first + start + part.length };
    },
    all: () => entries.slice(-lengthMax),
  };
}
