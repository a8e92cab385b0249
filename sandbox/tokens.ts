import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export type TokenState = "valid" | "expired" | "unknown";

/** Access tokens of one kind. They carry their own time and proof, so they outlive a restart of the sandbox. */
export interface AccessTokens {
  issue(): string;
  state(token: string | undefined): TokenState;
}

/** @param options `lifeMs` from the platform's documentation; `secret` never leaves the sandbox */
export function createAccessTokens(options: {
  readonly prefix: string;
  readonly kind: string;
  readonly secret: string;
  readonly lifeMs: number;
  readonly now: () => number;
  /** Tokens issued before this are expired, ms since the epoch. */
  readonly validFromMs: () => number;
}): AccessTokens {
  const prove = (content: string) =>
    createHmac("sha256", options.secret).update(`${options.kind}.${content}`).digest("base64url");
  return {
    issue() {
      const content = `${options.now().toString(36)}-${randomBytes(9).toString("hex")}`;
      return `${options.prefix}${content}.${prove(content)}`;
    },
    state(token) {
      if (!token?.startsWith(options.prefix)) return "unknown";
      const [content = "", proof = ""] = token.slice(options.prefix.length).split(".");
      if (!equalInConstantTime(proof, prove(content))) return "unknown";
      const issuedAtMs = parseInt(content.split("-", 1)[0] ?? "", 36);
      const alive = options.now() - issuedAtMs < options.lifeMs;
      return alive && issuedAtMs >= options.validFromMs() ? "valid" : "expired";
    },
  };
}

/** Compares secrets without telling where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
