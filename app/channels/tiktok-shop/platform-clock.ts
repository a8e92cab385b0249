import type { ChannelResponse } from "#app/channels/contract.ts";

/** TikTok takes requests dated 5 min before to 30 s after its own clock (channels.md 5.1): less is not worth minding. */
const offsetMsMin = 10_000;
/** A `Date` further away than this is somebody's mistake. */
const offsetMsMax = 24 * 60 * 60 * 1_000;

/** TikTok's clock as its answers show it: what requests are dated with, so that our own may be minutes wrong. */
export class PlatformClock {
  readonly #now: () => Date;
  #offsetMs = 0;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** TikTok's time now, whole unix seconds. */
  nowS(): number {
    return Math.floor((this.#now().getTime() + this.#offsetMs) / 1_000);
  }

  /** Reads the answer's `Date`. */
  learn(answer: Pick<ChannelResponse, "headers">): void {
    const offsetMs = Date.parse(answer.headers.get("date") ?? "") - this.#now().getTime();
    if (Number.isNaN(offsetMs) || Math.abs(offsetMs) > offsetMsMax) return;
    this.#offsetMs = Math.abs(offsetMs) < offsetMsMin ? 0 : offsetMs;
  }

  /** Whether a request dated so long ago, or then, would be dated quite otherwise now. */
  isOtherThan(datedS: number): boolean {
    return Math.abs(this.nowS() - datedS) * 1_000 >= offsetMsMin;
  }
}
