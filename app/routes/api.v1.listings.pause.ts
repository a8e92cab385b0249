import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { readFields, refuseMethod, serveApi } from "#app/api.server.ts";
import { pauseListings } from "#app/services/listings/pause-listings.ts";

/** Listings in one request; its body has a bound of its own. */
const listingsMax = 1_000;

const shape = z.strictObject({
  listingIds: z
    .array(z.uuid({ error: "Give listings' ids." }).toLowerCase())
    .min(1)
    .max(listingsMax),
  as: z.enum(["zero", "end"], { error: 'Either "zero" or "end".' }).default("zero"),
});

/** POST /api/v1/listings/pause {listingIds, as?}: off sale until they are resumed. */
export function action({ request }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, async ({ shopId }) => {
    const { listingIds, as } = await readFields(request, shape);
    return { paused: await pauseListings(shopId, listingIds, as) };
  });
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
