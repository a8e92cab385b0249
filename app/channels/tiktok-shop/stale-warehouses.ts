import type { QuantityWrite, WriteResult } from "#app/channels/contract.ts";
import { allocatedCode, warehouseCodes } from "./error-codes.ts";
import type { Answer, TiktokShopClient, TiktokShopContext } from "./client.ts";
import { inFillingOrder } from "./mapping-products.ts";
import { idsOf, warehousesOf } from "./mapping.ts";
import type { WarehouseList } from "./warehouses.ts";
import type { InventorySku } from "./wire.ts";

/** A write that was refused for the warehouses it named. */
export function namedWrongWarehouses(result: WriteResult | undefined): boolean {
  return result?.ok === false && warehouseCodes.has(result.fault.code ?? "");
}

/** What to do about one such write: write it again as given here, or the final word on it. */
export type Remedy =
  | { readonly write: QuantityWrite }
  /** Null: the refusal stands. */
  | { readonly result: WriteResult | null };

/**
 * A SKU's warehouses change when a person adds one at TikTok, and an import knows only those of its day. Reads which
 * they are now and names exactly those. Null when they cannot be read: the refusals stand.
 */
export async function remediesFor(
  writes: readonly QuantityWrite[],
  refusals: readonly WriteResult[],
  given: {
    readonly context: TiktokShopContext;
    readonly client: TiktokShopClient;
    readonly warehouses: WarehouseList;
  },
  signal: AbortSignal,
): Promise<readonly Remedy[] | null> {
  const { context, client, warehouses } = given;
  const own = await warehouses.own(signal);
  if (!own.ok) return null;
  const skuIds = [...new Set(writes.flatMap((write) => idsOf(write)?.skuId ?? []))];
  const answer = await client.searchInventory({ skuIds }, signal);
  const rows = answer.ok ? rowsBySku(answer) : null;
  if (rows === null) return null;
  return writes.map((write, index): Remedy => {
    const assigned = rows.get(idsOf(write)?.skuId ?? "") ?? [];
    const ours = assigned.filter((id) => own.value.sales.has(id));
    if (assigned.length > 0 && ours.length === 0) return { result: heldByTiktokResult };
    const named = warehousesOf(write, context.settings);
    if (ours.length > 0 && !sameSet(ours, named)) {
      const warehouseId = inFillingOrder(ours, own.value, context.settings).join(",");
      return { write: { ...write, externalIds: { ...write.externalIds, warehouseId } } };
    }
    const refusal = refusals[index];
    const isAllocated = refusal?.ok === false && refusal.fault.code === allocatedCode;
    if (!isAllocated) return { result: null };
    // The warehouses were the right ones: what is left of the code's meanings is that TikTok allocates them itself.
    return { result: { ok: false, fault: { ...refusal.fault, kind: "unsupported" } } };
  });
}

const heldByTiktokResult: WriteResult = {
  ok: false,
  fault: {
    kind: "unsupported",
    message: "TikTok holds the stock of this SKU in its own warehouse (FBT) now. Import again.",
  },
};

function rowsBySku(
  answer: Extract<Answer<readonly { readonly skus?: InventorySku[] | null }[]>, { ok: true }>,
): ReadonlyMap<string, readonly string[]> {
  const skus = answer.value.flatMap((product) => product.skus ?? []);
  return new Map(
    skus.map((sku) => [sku.id, (sku.warehouse_inventory ?? []).map((row) => row.warehouse_id)]),
  );
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).size === new Set(b).size && a.every((id) => b.includes(id));
}
