import type { LoaderFunctionArgs } from "@remix-run/node";
import { isUuid } from "#app/lib/ids.ts";
import { readConnectionPage } from "#app/services/connections/read-connection-page.ts";
import { requireShop } from "#app/shopify.server.ts";

/** One connection's page, now. */
export async function loader({ request, params }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  const id = params.connectionId ?? "";
  const page = isUuid(id) ? await readConnectionPage(shopId, id) : null;
  return page === null ? new Response(null, { status: 404 }) : Response.json(page);
}
