import type { ShopifyApp } from "./config.ts";

/** Where a shop's admin path is called: at the shop, or at the simulator with the shop in a header. */
export function shopAddress(
  app: ShopifyApp,
  shopDomain: string,
  path: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  return app.simulatorUrl === null
    ? { url: `https://${shopDomain}${path}`, headers: {} }
    : { url: `${app.simulatorUrl}${path}`, headers: { "x-sandbox-shop": shopDomain } };
}
