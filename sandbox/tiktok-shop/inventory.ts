import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import { invalid, type CallResult } from "./frame.ts";
import { overflowWarehouseId, type Market } from "./market.ts";

/** Bounds of specs/channel-limits.json, tiktok.batch, and specs/tiktok/endpoints/update-inventory.json. */
const updateSkusMax = 100;
const searchProductsMax = 100;
const searchSkusMax = 600;
const quantityMax = 99_999;

/** What the calls of a shop work with. */
export interface ShopFloor {
  readonly context: SandboxContext;
  readonly market: Market;
  readonly shelf: Shelf;
}

const updateShape = z.strictObject({
  skus: z
    .array(
      z.strictObject({
        id: z.string(),
        inventory: z
          .array(
            z.strictObject({
              warehouse_id: z.string().optional(),
              quantity: z.number(),
              backorder_quantity: z.number().int().optional(),
              handling_time: z.number().int().optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1)
    .max(updateSkusMax),
});
type SkuUpdate = z.infer<typeof updateShape>["skus"][number];

interface SkuError {
  readonly code: number;
  readonly message: string;
  readonly detail: { readonly sku_id: string; readonly extra_errors: readonly unknown[] };
}

/** `POST /product/202309/products/{product_id}/inventory/update`: all good SKUs are done, bad ones named in `errors`. */
export function updateInventory(floor: ShopFloor, productId: string, body: unknown): CallResult {
  const parsed = updateShape.safeParse(body);
  if (!parsed.success) return invalid("The body is not as documented.");
  const refusal = refuseProduct(floor.market, productId);
  if (refusal) return refusal;
  const errors = parsed.data.skus.flatMap((entry) => updateSku(floor, productId, entry));
  return { data: errors.length > 0 ? { errors } : {} };
}

/** Why a product takes no change; null when it does. */
export function refuseProduct(
  market: Market,
  productId: string,
): { readonly status: number; readonly code: number; readonly message: string } | null {
  if (!market.product(productId)) {
    return { status: 200, code: 12052032, message: "The product does not exist" };
  }
  if (market.status(productId) === "ACTIVATE") return null;
  const message = "The product in its current status is not available for this operation.";
  return { status: 200, code: 12052901, message };
}

function updateSku(floor: ShopFloor, productId: string, entry: SkuUpdate): readonly SkuError[] {
  const { context, market, shelf } = floor;
  const sku = market.sku(entry.id);
  if (sku?.tiktok.productId !== productId) {
    return [skuError(entry.id, 12052556, "The SKU id not exist.")];
  }
  const shown = shelf.shown(sku.code) ?? 0;
  const error =
    refuseOwnership(market, entry.id) ??
    refuseWarehouses(market, sku, shown, entry) ??
    refuseQuantities(market, shown, entry);
  if (error) return [error];
  const [first] = market.rows(sku, shown);
  market.setElsewhere(
    entry.id,
    entry.inventory.flatMap(({ warehouse_id: warehouseId = first.warehouseId, quantity }) =>
      warehouseId === first.warehouseId ? [] : [{ warehouseId, quantity }],
    ),
  );
  const total = entry.inventory.reduce((sum, row) => sum + row.quantity, 0);
  shelf.setShown(sku.code, total);
  context.recordWrite(sku.code, total);
  return [];
}

function refuseOwnership(market: Market, skuId: string): SkuError | null {
  const refusal = market.refusals.get(skuId);
  if (refusal) return skuError(skuId, refusal.code, refusal.message);
  if (!market.heldByTiktok.has(skuId)) return null;
  const message =
    "Couldn't update inventory. Inventory is automatically allocated and cannot be modified manually";
  return skuError(skuId, 12052037, message);
}

function refuseWarehouses(
  market: Market,
  sku: DemoSku,
  shown: number,
  entry: SkuUpdate,
): SkuError | null {
  const assigned = new Set(market.rows(sku, shown).map((row) => row.warehouseId));
  const named = entry.inventory.map((row) => row.warehouse_id);
  if (named.length === 1 && named[0] === undefined && assigned.size === 1) return null;
  for (const id of named) {
    if (id === undefined || assigned.has(id)) continue;
    if (id === overflowWarehouseId) {
      const message = "Removal, addition, and change of warehouses are not permitted.";
      return skuError(entry.id, 12052533, message);
    }
    return skuError(entry.id, 12052990, "Check failed", [
      { warehouse_id: id, code: 12052097, message: "The warehouse does not exist" },
    ]);
  }
  if (new Set(named).size === assigned.size && !named.includes(undefined)) return null;
  const message = "Multiple warehouses detected. Include all warehouse IDs and try again.";
  return skuError(entry.id, 12019028, message);
}

/** The document says 1 … 99,999, other pages 0 …: the sandbox takes 0, as live shops were seen to, until told not to. */
function refuseQuantities(market: Market, shown: number, entry: SkuUpdate): SkuError | null {
  const least = market.refusesZero ? 1 : 0;
  const isFine = (quantity: number) =>
    Number.isInteger(quantity) && quantity >= least && quantity <= quantityMax;
  if (!entry.inventory.every((row) => isFine(row.quantity))) {
    const message = "The SKU inventory quantity for the warehouse must be within allowed limits.";
    return skuError(entry.id, 12052055, message);
  }
  const total = entry.inventory.reduce((sum, row) => sum + row.quantity, 0);
  if (!market.promotions.has(entry.id) || total >= shown) return null;
  const message = "Product locked for Promotion and stock can't be updated below current stock";
  return skuError(entry.id, 12052393, message);
}

function skuError(
  skuId: string,
  code: number,
  message: string,
  extra: readonly unknown[] = [],
): SkuError {
  return { code, message, detail: { sku_id: skuId, extra_errors: extra } };
}

const searchShape = z.strictObject({
  product_ids: z.array(z.string()).optional(),
  sku_ids: z.array(z.string()).optional(),
});

/** `POST /product/202309/inventory/search` by SKUs or by products; unknown ids are left out. */
export function searchInventory(floor: ShopFloor, body: unknown): CallResult {
  const parsed = searchShape.safeParse(body);
  if (!parsed.success) return invalid("The body is not as documented.");
  const { product_ids: productIds = [], sku_ids: skuIds = [] } = parsed.data;
  if (productIds.length > searchProductsMax) {
    const message = "The number of provided product IDs exceeds the limit.";
    return { status: 200, code: 12019120, message };
  }
  if (skuIds.length > searchSkusMax) {
    return { status: 200, code: 12019015, message: "The number of SKU exceed the limit" };
  }
  const { market } = floor;
  const wanted =
    skuIds.length > 0
      ? skuIds.flatMap((skuId) => market.sku(skuId) ?? [])
      : productIds.flatMap((productId) => market.product(productId)?.skus ?? []);
  const byProduct = new Map<string, unknown[]>();
  for (const sku of new Set(wanted)) {
    const { productId } = sku.tiktok;
    if (market.status(productId) === "DELETED") continue;
    const rows = byProduct.get(productId) ?? [];
    rows.push(inventoryOf(floor, sku));
    byProduct.set(productId, rows);
  }
  return { data: { inventory: [...byProduct].map(([id, skus]) => ({ product_id: id, skus })) } };
}

function inventoryOf({ market, shelf }: ShopFloor, sku: DemoSku): unknown {
  const available = shelf.shown(sku.code) ?? 0;
  const committed = shelf.committed(sku.code);
  return {
    id: sku.tiktok.skuId,
    seller_sku: sku.code,
    total_available_quantity: available,
    total_committed_quantity: committed,
    warehouse_inventory: market.rows(sku, available).map((row, index) => ({
      warehouse_id: row.warehouseId,
      available_quantity: row.quantity,
      committed_quantity: index === 0 ? committed : 0,
    })),
    total_available_inventory_distribution: {
      campaign_inventory: [],
      creator_inventory: [],
      in_shop_inventory: { quantity: available },
    },
  };
}
