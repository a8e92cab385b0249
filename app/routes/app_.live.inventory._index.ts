import type { LoaderFunctionArgs } from "@remix-run/node";
import { listSkus } from "#app/services/inventory/list-skus.ts";
import { readSkuPageRequest } from "#app/services/inventory/sku-page-request.ts";
import { requireShop } from "#app/shopify.server.ts";

/** One page of SKUs, now. Takes the inventory page's own query. */
export async function loader({ request }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  const asked = readSkuPageRequest(new URL(request.url).searchParams);
  return Response.json(await listSkus({ shopId, ...asked }));
}
