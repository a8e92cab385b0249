import type { ActionFunctionArgs } from "@remix-run/node";
import { readHandOver } from "#app/services/connect/state-of.ts";

/** Largest body of handed-over keys, in bytes. */
const bodyBytesMax = 10_000;

/** A platform posts the keys it made for us (WooCommerce): the state in them says whose they are. */
export async function action({ request, params }: ActionFunctionArgs): Promise<Response> {
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > bodyBytesMax) return new Response(null, { status: 413 });
  const text = await request.text();
  if (text.length > bodyBytesMax) return new Response(null, { status: 413 });
  const taken = await readHandOver(params.channel ?? "", text);
  return new Response(null, { status: taken ? 200 : 404 });
}
