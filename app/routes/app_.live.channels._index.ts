import type { LoaderFunctionArgs } from "@remix-run/node";
import { readChannelsPage } from "#app/services/connections/list-channels.ts";
import { requireShop } from "#app/shopify.server.ts";

/** The channels page, now. */
export async function loader({ request }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  return Response.json(await readChannelsPage(shopId));
}
