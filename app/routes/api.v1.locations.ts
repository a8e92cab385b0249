import type { LoaderFunctionArgs } from "@remix-run/node";
import { refuseMethod, serveApi } from "#app/api.server.ts";
import { listLocations } from "#app/services/inventory/list-locations.ts";

/** GET /api/v1/locations: where the shop keeps stock; their ids are what adjustments name. */
export function loader({ request }: LoaderFunctionArgs): Promise<Response> {
  return serveApi(request, async ({ shopId }) => ({ locations: await listLocations(shopId) }));
}

/** Every other method. */
export function action(): Response {
  return refuseMethod("GET");
}
