import type { Database } from "./client.server.ts";

export interface BundleComponent {
  readonly skuId: string;
  /** Units of it in one bundle. */
  readonly quantity: number;
}

/** The components of those among the SKUs that are bundles, by the bundle's SKU. */
export async function readBundles(
  db: Database,
  shopId: string,
  skuIds: readonly string[],
): Promise<ReadonlyMap<string, readonly BundleComponent[]>> {
  if (skuIds.length === 0) return new Map();
  const rows = await db.bundleComponent.findMany({
    where: { shopId, bundleSkuId: { in: [...skuIds] } },
    orderBy: { componentSkuId: "asc" },
  });
  return new Map(
    [...Map.groupBy(rows, ({ bundleSkuId }) => bundleSkuId)].map(([id, parts]) => [
      id,
      parts.map(({ componentSkuId: skuId, quantity }) => ({ skuId, quantity })),
    ]),
  );
}
