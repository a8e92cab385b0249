import type { LoaderFunctionArgs } from "@remix-run/node";
import { refuseMethod, serveApi, unknownSku } from "#app/api.server.ts";
import { readSku } from "#app/services/inventory/read-sku.ts";

/** GET /api/v1/inventory/{sku}: one SKU's stock and what every channel shows. */
export function loader({ request, params }: LoaderFunctionArgs): Promise<Response> {
  const code = params.sku ?? "";
  return serveApi(request, async ({ shopId }) => {
    const sku = await readSku(shopId, code);
    if (sku === null) throw unknownSku(code);
    return {
      sku: sku.code,
      onHand: sku.onHand,
      committed: sku.committed,
      available: sku.available,
      oversold: sku.oversold,
      version: sku.version,
      seq: sku.seq,
      updatedAt: sku.updatedAt,
      levels: sku.levels,
      channels: sku.listings.map((listing) => ({
        channel: listing.channel,
        connectionId: listing.connectionId,
        listingId: listing.listingId,
        locationId: listing.locationId,
        shown: listing.shown,
        expected: listing.expected,
        ackedSeq: listing.ackedSeq,
        ackedAt: listing.ackedAt,
        lagMs: listing.lagMs,
        state: listing.state,
        standing: listing.standing,
        lastError: listing.lastError,
      })),
    };
  });
}

/** Every other method. */
export function action(): Response {
  return refuseMethod("GET");
}
