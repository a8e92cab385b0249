import type { LoaderFunctionArgs } from "@remix-run/node";
import { admitSimulator, authenticate } from "#app/shopify.server.ts";

/** Shopify's own pages: the one that fetches a session token, the one that leaves the frame. */
export async function loader({ request }: LoaderFunctionArgs): Promise<null> {
  try {
    await authenticate.admin(request);
    return null;
  } catch (thrown) {
    if (thrown instanceof Response) admitSimulator(thrown.headers);
    throw thrown;
  }
}
