/** The platforms that the seed connects, by their ids. */
export const channelIds = ["shopify", "amazon", "ebay", "tiktok-shop"] as const;
export type ChannelId = (typeof channelIds)[number];

export interface PlacedOrder {
  readonly channel: ChannelId;
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

type Outcome =
  | { readonly accepted: true; readonly orderId: string }
  | { readonly accepted: false; readonly reason: string };

/** What every platform shows for some SKUs; null where it is not listed. */
export type ShownTable = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** The simulated world as seen from outside: buyers, shop windows, misbehaviour. */
export class SandboxClient {
  readonly #url: string;

  constructor(sandboxUrl: string) {
    this.#url = `${sandboxUrl}/control`;
  }

  /** A buyer orders now; refused when the platform shows too little. */
  order(channel: string, sku: string, quantity: number): Promise<Outcome> {
    return this.#post("/orders", { channel, sku, quantity });
  }

  /** @param skus all when empty */
  async shown(...skus: readonly string[]): Promise<ShownTable> {
    const query = new URLSearchParams(skus.map((sku) => ["sku", sku]));
    const answer = await this.#get<{ skus: ShownTable }>(`/shown?${query.toString()}`);
    return answer.skus;
  }

  /** What one platform's buyers see. */
  async shownOn(channel: string, sku: string): Promise<number | null> {
    return (await this.shown(sku))[sku]?.[channel] ?? null;
  }

  /** Every order that a platform accepted since the world began. */
  async orders(): Promise<readonly PlacedOrder[]> {
    return (await this.#get<{ orders: PlacedOrder[] }>("/orders?since=0")).orders;
  }

  /** Missing keys keep their value; applies to all platforms when none is named. */
  async setFaults(faults: Readonly<Record<string, number | boolean | string>>): Promise<void> {
    await this.#post("/faults", faults);
  }

  stats(): Promise<Record<ChannelId, { webhooksPending: number; duplicatesSent: number }>> {
    return this.#get("/stats");
  }

  async #get<T>(path: string): Promise<T> {
    return await read<T>(await fetch(`${this.#url}${path}`));
  }

  async #post<T>(path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await read<T>(answer);
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
