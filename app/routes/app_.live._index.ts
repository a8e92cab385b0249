import type { LoaderFunctionArgs } from "@remix-run/node";
import { readOverview } from "#app/services/overview/read-overview.ts";
import { requireShop } from "#app/shopify.server.ts";

/** The home page's numbers, now. */
export async function loader({ request }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  return Response.json(await readOverview(shopId, new Date()));
}
