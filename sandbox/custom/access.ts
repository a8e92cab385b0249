import { createHmac } from "node:crypto";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime } from "../tokens.ts";
import { demoServer } from "./demo.ts";
import { refuse, type CustomAnswer } from "./frame.ts";

/** A call may be this far from the server's clock (docs/custom-channel.md). */
const toleranceMs = 5 * 60_000;
/** Ids are remembered while their call would still be timely, at both ends of the tolerance. */
const rememberedMs = 2 * toleranceMs;
/** Ids looked through for old ones at once. */
const sweepEvery = 1_000;

/** Who may call: every request is signed with the shared secret, timely, and the first of its id. */
export class Access {
  readonly #context: SandboxContext;
  readonly #seen = new Map<string, number>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** Null lets the request in. */
  refusal(request: SandboxRequest): CustomAnswer | null {
    if (this.#context.faults().consentRevoked) {
      return refuse(401, "bad-signature", "This secret was withdrawn.");
    }
    const { headers } = request;
    const id = headers["webhook-id"] ?? "";
    const timestamp = headers["webhook-timestamp"] ?? "";
    const given = headers["webhook-signature"] ?? "";
    if (!id || !/^\d+$/.test(timestamp) || !given) {
      return refuse(401, "bad-signature", "The call is not signed.");
    }
    const nowMs = this.#context.now();
    if (Math.abs(nowMs - Number(timestamp) * 1_000) > toleranceMs) {
      return refuse(401, "clock", "The call's time is more than five minutes off.");
    }
    const target = request.url.pathname.slice("/custom".length) + request.url.search;
    const payload = `${request.method} ${target}\n${request.rawBody.toString("utf8")}`;
    const expected = signed(demoServer.secret, `${id}.${timestamp}.${payload}`);
    if (!given.split(" ").some((one) => equalInConstantTime(one, expected))) {
      return refuse(401, "bad-signature", "The signature is not that of this secret.");
    }
    if (this.#seen.has(id)) return refuse(401, "replayed", "This call was made before.");
    this.#remember(id, nowMs);
    return null;
  }

  #remember(id: string, nowMs: number): void {
    this.#seen.set(id, nowMs);
    if (this.#seen.size % sweepEvery !== 0) return;
    for (const [old, seenMs] of this.#seen) {
      if (nowMs - seenMs > rememberedMs) this.#seen.delete(old);
    }
  }
}

/** "v1," and base64, under the key in a "whsec_" secret. */
export function signed(secret: string, text: string): string {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  return `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
}
