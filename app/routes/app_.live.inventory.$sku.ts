import type { LoaderFunctionArgs } from "@remix-run/node";
import { readSkuPage } from "#app/services/inventory/read-sku-page.ts";
import { readBefore } from "#app/services/inventory/sku-page-request.ts";
import { requireShop } from "#app/shopify.server.ts";

/** One SKU's page, now. */
export async function loader({ request, params }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  const before = readBefore(new URL(request.url).searchParams);
  const page = await readSkuPage({ shopId, code: params.sku ?? "", before });
  return page === null ? new Response(null, { status: 404 }) : Response.json(page);
}
