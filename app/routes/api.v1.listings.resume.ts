import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import { readFields, refuseMethod, serveApi } from "#app/api.server.ts";
import { resumeListings } from "#app/services/listings/pause-listings.ts";

/** Listings in one request; its body has a bound of its own. */
const listingsMax = 1_000;

const shape = z.strictObject({
  listingIds: z
    .array(z.uuid({ error: "Give listings' ids." }).toLowerCase())
    .min(1)
    .max(listingsMax),
});

/** POST /api/v1/listings/resume {listingIds}: back on sale with what there is now. */
export function action({ request }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, async ({ shopId }) => {
    const { listingIds } = await readFields(request, shape);
    return { resumed: await resumeListings(shopId, listingIds) };
  });
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
