import { createHmac } from "node:crypto";
import { equalInConstantTime } from "../tokens.ts";
import { demoEtsy } from "./names.ts";

/** The chain of refresh tokens that the seed's consent began. */
const demoChain = "demo";

/** What is kept of a chain: tokens older than this are dead. */
export type SavedChains = readonly (readonly [chain: string, oldestGood: number])[];

/**
 * Etsy's refresh tokens: every consent begins a chain, every use replaces the token by the chain's next, and the one
 * that was used is dead from then on. They carry their own proof, so they outlive the sandbox's process.
 */
export class RefreshTokens {
  readonly #secret: string;
  readonly #oldestGood = new Map<string, number>();

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The first token of a new consent. @param chain a name that no other consent has; letters and digits */
  begin(chain: string): string {
    return this.#tokenOf(chain, 1);
  }

  /** The successor of a good token, which dies; null when the token is dead or none of ours. */
  replace(token: string): string | null {
    const place = this.#placeOf(token);
    if (!place) return null;
    const { chain, serial } = place;
    if (serial < (this.#oldestGood.get(chain) ?? 0)) return null;
    this.#oldestGood.set(chain, serial + 1);
    return this.#tokenOf(chain, serial + 1);
  }

  snapshot(): SavedChains {
    return [...this.#oldestGood];
  }

  restore(saved: SavedChains): void {
    for (const [chain, oldestGood] of saved) this.#oldestGood.set(chain, oldestGood);
  }

  #tokenOf(chain: string, serial: number): string {
    const content = `${chain}-${serial}`;
    const proof = createHmac("sha256", this.#secret).update(`etsy-refresh.${content}`);
    return `${demoEtsy.userId}.${content}.${proof.digest("base64url")}`;
  }

  #placeOf(token: string): { readonly chain: string; readonly serial: number } | null {
    if (equalInConstantTime(token, demoEtsy.refreshToken)) return { chain: demoChain, serial: 0 };
    const [, chain = "", number = ""] = /^\d+\.([A-Za-z0-9]{1,40})-(\d{1,9})\./.exec(token) ?? [];
    const serial = Number(number);
    if (chain === "" || !equalInConstantTime(token, this.#tokenOf(chain, serial))) return null;
    return { chain, serial };
  }
}
