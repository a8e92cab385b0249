import { redirect, type LoaderFunctionArgs } from "@remix-run/node";
import { admitSimulator, appBridge, appUrl } from "#app/shopify.server.ts";

const appBridgeAddress = "https://cdn.shopify.com/shopifycloud/app-bridge.js";

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/**
 * Shopify's library sends documents here that came without a shop (a reload inside the frame). App
 * Bridge reads `shopify-reload`, fetches a session token from the admin and opens that address. Outside
 * the admin only the sentence is seen. Nobody is ever asked for a shop's domain.
 */
export function loader({ request }: LoaderFunctionArgs): Response {
  const url = new URL(request.url);
  if (!url.searchParams.has("shopify-reload")) {
    const reload = new URLSearchParams({ "shopify-reload": `${appUrl()}/app` });
    return redirect(`/auth/login?${reload.toString()}`);
  }
  const { apiKey, scriptUrl = appBridgeAddress } = appBridge();
  const headers = new Headers({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "frame-ancestors https://admin.shopify.com https://*.myshopify.com;",
  });
  admitSimulator(headers);
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Lockstep</title>
<script data-api-key="${escapeAttribute(apiKey)}" src="${escapeAttribute(scriptUrl)}"></script>
</head>
<body><p>Open Lockstep from the apps in your Shopify admin.</p></body>
</html>`;
  return new Response(page, { headers });
}
