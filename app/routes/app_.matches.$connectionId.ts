import { Readable } from "node:stream";
import type { LoaderFunctionArgs } from "@remix-run/node";
import { isUuid } from "#app/lib/ids.ts";
import { exportMatches } from "#app/services/matching/export-matches.ts";
import { requireShop } from "#app/shopify.server.ts";

/** A connection's listings with their SKUs as a file, piece by piece. */
export async function loader({ request, params }: LoaderFunctionArgs): Promise<Response> {
  const { shopId } = await requireShop(request);
  const connectionId = params.connectionId ?? "";
  if (!isUuid(connectionId)) return new Response(null, { status: 404 });
  const text = Readable.from(exportMatches(shopId, connectionId));
  return new Response(Readable.toWeb(text) as ReadableStream, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="lockstep-matches.csv"',
    },
  });
}
