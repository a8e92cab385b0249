import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import type { TiktokFailure } from "./frame.ts";

/** Bounds of specs/channel-limits.json, tiktok.batch, and specs/tiktok/endpoints/update-inventory.json. */
const updateSkusMax = 100;
const searchProductsMax = 100;
const searchSkusMax = 600;
const quantityMax = 99_999;

const updateShape = z.looseObject({
  skus: z
    .array(
      z.looseObject({
        id: z.string(),
        inventory: z
          .array(z.looseObject({ warehouse_id: z.string().optional(), quantity: z.number() }))
          .min(1),
      }),
    )
    .min(1)
    .max(updateSkusMax),
});

interface SkuError {
  readonly code: number;
  readonly message: string;
  readonly detail: { readonly sku_id: string; readonly extra_errors: readonly unknown[] };
}

/** `POST /product/202309/products/{product_id}/inventory/update`: all good SKUs are done, bad ones named in `errors`. */
export function updateInventory(
  context: SandboxContext,
  shelf: Shelf,
  productId: string,
  body: unknown,
): { readonly data: unknown } | TiktokFailure {
  const parsed = updateShape.safeParse(body);
  if (!parsed.success) return { status: 400, code: 36009004, message: "Invalid parameter" };
  const ofProduct = context.catalogue.skus.filter((sku) => sku.tiktok.productId === productId);
  if (ofProduct.length === 0) {
    return { status: 200, code: 12052032, message: "The product does not exist" };
  }
  const errors: SkuError[] = [];
  for (const entry of parsed.data.skus) {
    const sku = ofProduct.find((candidate) => candidate.tiktok.skuId === entry.id);
    const error = refuseSku(sku, entry);
    if (error) {
      errors.push(error);
    } else if (sku) {
      const quantity = entry.inventory[0]?.quantity ?? 0;
      shelf.setShown(sku.code, quantity);
      context.recordWrite(sku.code, quantity);
    }
  }
  return { data: errors.length > 0 ? { errors } : {} };
}

function refuseSku(
  sku: DemoSku | undefined,
  entry: z.infer<typeof updateShape>["skus"][number],
): SkuError | null {
  if (!sku) return skuError(entry.id, 12052556, "The SKU id not exist.");
  if (entry.inventory.length > 1) {
    return skuError(
      entry.id,
      12052533,
      "Removal, addition, and change of warehouses are not permitted.",
    );
  }
  const [row] = entry.inventory;
  if (row?.warehouse_id !== undefined && row.warehouse_id !== sku.tiktok.warehouseId) {
    return skuError(entry.id, 12052990, "Check failed", [
      {
        warehouse_id: row.warehouse_id,
        code: 12052097,
        message: "The warehouse does not exist",
      },
    ]);
  }
  // The document says 1 … 99,999, other pages 0 …: the sandbox takes 0, as live shops were seen to.
  if (!row || !Number.isInteger(row.quantity) || row.quantity < 0 || row.quantity > quantityMax) {
    return skuError(
      entry.id,
      12052055,
      "The SKU inventory quantity for the warehouse must be within allowed limits.",
    );
  }
  return null;
}

function skuError(
  skuId: string,
  code: number,
  message: string,
  extra: readonly unknown[] = [],
): SkuError {
  return { code, message, detail: { sku_id: skuId, extra_errors: extra } };
}

const searchShape = z.looseObject({
  product_ids: z.array(z.string()).max(searchProductsMax).optional(),
  sku_ids: z.array(z.string()).max(searchSkusMax).optional(),
});

/** `POST /product/202309/inventory/search` by products or by SKUs; unknown ids are left out. */
export function searchInventory(
  context: SandboxContext,
  shelf: Shelf,
  body: unknown,
): { readonly data: unknown } | TiktokFailure {
  const parsed = searchShape.safeParse(body);
  if (!parsed.success) {
    return {
      status: 400,
      code: 12019120,
      message: "The number of provided IDs exceeds the limit.",
    };
  }
  const productIds = new Set(parsed.data.product_ids ?? []);
  const skuIds = new Set(parsed.data.sku_ids ?? []);
  const byProduct = new Map<string, unknown[]>();
  for (const sku of context.catalogue.skus) {
    const { productId, skuId } = sku.tiktok;
    if (!productIds.has(productId) && !skuIds.has(skuId)) continue;
    const rows = byProduct.get(productId) ?? [];
    rows.push(inventoryRow(shelf, sku));
    byProduct.set(productId, rows);
  }
  const inventory = [...byProduct].map(([product_id, skus]) => ({ product_id, skus }));
  return { data: { inventory } };
}

function inventoryRow(shelf: Shelf, sku: DemoSku): unknown {
  const available = shelf.shown(sku.code) ?? 0;
  const committed = shelf.committed(sku.code);
  return {
    id: sku.tiktok.skuId,
    seller_sku: sku.code,
    total_available_quantity: available,
    total_committed_quantity: committed,
    warehouse_inventory: [
      {
        warehouse_id: sku.tiktok.warehouseId,
        available_quantity: available,
        committed_quantity: committed,
      },
    ],
    total_available_inventory_distribution: {
      campaign_inventory: [],
      creator_inventory: [],
      in_shop_inventory: { quantity: available },
    },
  };
}
