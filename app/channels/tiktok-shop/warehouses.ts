import type { Answer, TiktokShopClient, TiktokShopContext } from "./client.ts";
import type { OwnWarehouses } from "./mapping-products.ts";
import type { Warehouse } from "./wire-account.ts";

/** The list is asked for again after this long. */
const keptMsMax = 10 * 60_000;

/** The seller's own sales warehouses, remembered for a while by one session. */
export class WarehouseList {
  private readonly context: TiktokShopContext;
  private readonly client: TiktokShopClient;
  private kept: { readonly own: OwnWarehouses; readonly at: number } | undefined;

  constructor(context: TiktokShopContext, client: TiktokShopClient) {
    this.context = context;
    this.client = client;
  }

  async own(signal: AbortSignal): Promise<Answer<OwnWarehouses>> {
    const now = this.context.now().getTime();
    if (this.kept && now - this.kept.at < keptMsMax) return { ok: true, value: this.kept.own };
    const answer = await this.client.getWarehouses(signal);
    if (!answer.ok) return answer;
    const own = toOwnWarehouses(answer.value);
    this.kept = { own, at: now };
    return { ok: true, value: own };
  }
}

/** Of a shop's warehouses those that sell; where returns go is none of them. */
export function toOwnWarehouses(warehouses: readonly Warehouse[]): OwnWarehouses {
  const sales = warehouses.filter(({ type }) => type === "SALES_WAREHOUSE");
  return {
    sales: new Set(sales.map(({ id }) => id)),
    defaultId: sales.find((warehouse) => warehouse.is_default)?.id ?? null,
  };
}
