/**
 * What stock does not need of a platform's message, by the names under which buyers' data travels in Shopify's orders
 * (shopify.dev, protected customer data; reference/shopify.md 5.3), WooCommerce's (specs/woocommerce, order properties)
 * and Walmart's (specs/walmart, orders). Removed at any depth, before anything is stored.
 */
const personalNames = new Set([
  "addresses",
  "billing",
  "billing_address",
  "browser_ip",
  "buyerId",
  "buyer_accepts_marketing",
  "cart_hash",
  "cart_token",
  "checkout_token",
  "client_details",
  "contact_email",
  "customer",
  "customerEmailId",
  "customerName",
  "customer_ip_address",
  "customer_locale",
  "customer_note",
  "customer_user_agent",
  "default_address",
  "email",
  "first_name",
  "landing_site",
  "last_name",
  "note",
  "note_attributes",
  "order_key",
  "order_status_url",
  "payment_details",
  "payment_terms",
  "payment_url",
  "phone",
  "pickupPersons",
  "postalAddress",
  "properties",
  "receipt",
  "referring_site",
  "shipping",
  "shippingInfo",
  "shipping_address",
  "transaction_id",
]);

/** JSON.parse gives the digits as they stood there, and JSON.stringify writes them so: ids exceed 2^53. */
interface RawJson {
  rawJSON(text: string): unknown;
}
interface ReviverContext {
  readonly source?: string;
}

/**
 * The message without buyers' data; every other value stays as it was, numbers to the digit. Text that is not JSON is no
 * message of a platform's and comes back as it is: somebody has to look at it.
 */
export function withoutPersonalData(json: string): string {
  const { rawJSON } = JSON as unknown as RawJson;
  const keep = (name: string, value: unknown, context?: ReviverContext): unknown => {
    if (personalNames.has(name)) return undefined;
    return typeof value === "number" && context?.source !== undefined
      ? rawJSON(context.source)
      : value;
  };
  try {
    return JSON.stringify(JSON.parse(json, keep)) ?? json;
  } catch {
    return json;
  }
}
