/** Versions are times: none is older than this project, and none lies far ahead of us. */
const versionMsMin = Date.UTC(2020, 0, 1);
const aheadMsMax = 24 * 60 * 60_000;

/** UUIDv7 (RFC 9562 5.7): the first 48 bits are the time it was made, ms since 1970. */
const uuidV7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * Gives writes their versions: ms since 1970 of the decision. A server takes only what is newer than what it has, so
 * that a call which was long on its way never undoes a later one.
 */
export class VersionClock {
  #lastMs = 0;

  /**
   * Of a quantity. Its idempotency key is made when the number is decided, and is made anew for a new decision: the
   * key's own time is the version, the same for every repeat of it. A key that tells no time gets {@link next}.
   */
  ofKey(idempotencyKey: string, nowMs: number): number {
    const [, high, low] = uuidV7.exec(idempotencyKey) ?? [];
    const madeMs = high && low ? parseInt(`${high}${low}`, 16) : 0;
    const canBe = madeMs >= versionMsMin && madeMs <= nowMs + aheadMsMax;
    return canBe ? madeMs : this.next(nowMs);
  }

  /** The time now, and never the same one twice in this process. */
  next(nowMs: number): number {
    this.#lastMs = Math.max(nowMs, this.#lastMs + 1);
    return this.#lastMs;
  }
}
