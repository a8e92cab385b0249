import { randomUUID } from "node:crypto";
import type { RunningLockstep } from "#scripts/lockstep.ts";

/** What the HTTP API tells about one SKU. */
export interface ApiSku {
  readonly sku: string;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  readonly oversold: number;
  readonly seq: number;
  readonly levels: readonly { readonly locationId: string; readonly available: number }[];
  readonly channels: readonly {
    readonly channel: string;
    readonly shown: number | null;
    readonly expected: number;
    readonly standing: string;
  }[];
}

/** The app as a machine of the merchant sees it. */
export class ApiClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ appUrl, apiToken }: Pick<RunningLockstep, "appUrl" | "apiToken">) {
    this.#url = `${appUrl}/api/v1/inventory`;
    this.#headers = { authorization: `Bearer ${apiToken}` };
  }

  async sku(code: string): Promise<ApiSku> {
    const answer = await fetch(`${this.#url}/${code}`, { headers: this.#headers });
    if (!answer.ok) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as ApiSku;
  }

  /** Takes units away, location by location, until the SKU has this many available. */
  async lowerTo(code: string, available: number): Promise<void> {
    const { levels, available: before } = await this.sku(code);
    let surplus = before - available;
    for (const level of levels.toReversed()) {
      const units = Math.min(surplus, level.available);
      surplus -= units;
      if (units > 0) await this.#adjust(code, level.locationId, -units);
    }
  }

  async #adjust(code: string, locationId: string, delta: number): Promise<void> {
    const answer = await fetch(`${this.#url}/${code}/adjustments`, {
      method: "POST",
      headers: {
        ...this.#headers,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify({ locationId, delta, reason: "set by a test" }),
    });
    if (!answer.ok) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`);
  }
}
