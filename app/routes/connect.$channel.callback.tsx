import { redirect, type LoaderFunctionArgs } from "@remix-run/node";
import { adminUrl } from "#app/shopify.server.ts";
import { findAttempt } from "#app/services/connect/connect-attempt.ts";
import { ConnectRefusal } from "#app/services/connect/connect-refusal.ts";
import { finishConnect } from "#app/services/connect/finish-connect.ts";
import { stateOf } from "#app/services/connect/state-of.ts";
import { domainOf } from "#app/services/shops/find-shop.ts";

/**
 * Where a platform sends the merchant's browser back to. There is no session here: the state, unguessable and good
 * once, says whose sign-in it is. Back into the Shopify admin from here.
 */
export async function loader({ request, params }: LoaderFunctionArgs): Promise<Response> {
  const channelId = params.channel ?? "";
  const returned = Object.fromEntries(new URL(request.url).searchParams);
  const state = stateOf(channelId, returned);
  try {
    if (state === null) throw new ConnectRefusal("The platform came back without saying for whom.");
    const outcome = await finishConnect({ channelId, state, returned });
    const domain = await domainOf(outcome.shopId);
    if (outcome.kind === "choose") {
      return redirect(
        adminUrl(domain, `channels/connect/${channelId}?pick=${encodeURIComponent(state)}`),
      );
    }
    const [first] = outcome.connections;
    return redirect(adminUrl(domain, `channels/${first?.connectionId ?? ""}`));
  } catch (error) {
    if (!(error instanceof ConnectRefusal)) throw error;
    return new Response(refusalPage(error.message, await wayBack(channelId, state)), {
      status: 400,
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    });
  }
}

/** Channels in the admin of the shop whose sign-in it was; null once nobody knows any more. */
async function wayBack(channelId: string, state: string | null): Promise<string | null> {
  const attempt = state === null ? null : await findAttempt(channelId, state);
  return attempt === null ? null : adminUrl(await domainOf(attempt.shopId), "channels");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function refusalPage(message: string, back: string | null): string {
  const way =
    back === null
      ? "Go back to Lockstep in your Shopify admin, open Channels, and connect again."
      : `<a href="${escaped(back)}">Back to Channels in Lockstep</a>, to connect again.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not connected</title>
</head>
<body style="font-family: system-ui; max-width: 36rem; margin: 4rem auto; padding: 0 1rem">
<h1>Not connected</h1>
<p>${escaped(message)}</p>
<p>Nothing was changed. ${way}</p>
</body>
</html>`;
}
