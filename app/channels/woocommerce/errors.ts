import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { errorBody, type WooError } from "./wire.ts";

/**
 * Codes of WordPress and WooCommerce -> our kinds (channels.md 7.5, specs/woocommerce `errors`, the plugin's
 * controllers). A code that is not here is `unexpected`, whatever its status: bounded retries until somebody
 * classifies it.
 */
const kindByCode: Readonly<Record<string, FaultKind>> = {
  // The whole API is gone: permalinks are off, or the plugin is (an update takes it away for seconds).
  rest_no_route: "unavailable",
  rest_disabled: "unavailable",
  internal_server_error: "unavailable",
  wp_die: "unavailable",
  db_update_error: "unavailable",
  db_insert_error: "unavailable",
  woocommerce_rest_authentication_error: "unauthorised",
  woocommerce_rest_authentication_missing_parameter: "unauthorised",
  woocommerce_rest_cannot_view: "unauthorised",
  woocommerce_rest_cannot_edit: "unauthorised",
  woocommerce_rest_cannot_create: "unauthorised",
  woocommerce_rest_cannot_delete: "unauthorised",
  woocommerce_rest_cannot_batch: "unauthorised",
  rest_forbidden: "unauthorised",
  rest_forbidden_context: "unauthorised",
  rest_not_logged_in: "unauthorised",
  rest_cannot_access: "unauthorised",
  woocommerce_rest_product_invalid_id: "unknown-listing",
  woocommerce_rest_product_variation_invalid_id: "unknown-listing",
  woocommerce_rest_product_variation_invalid_parent: "unknown-listing",
  // A variation's id where a product's belongs.
  woocommerce_rest_invalid_product_id: "unknown-listing",
  woocommerce_rest_invalid_variation_id: "unknown-listing",
  woocommerce_rest_shop_order_invalid_id: "rejected",
  woocommerce_rest_order_invalid_id: "rejected",
  woocommerce_rest_shop_webhook_invalid_id: "rejected",
  woocommerce_rest_shop_webhook_invalid_url: "rejected",
  woocommerce_rest_shop_webhook_invalid_topic: "rejected",
  woocommerce_rest_setting_setting_invalid: "rejected",
  woocommerce_rest_term_invalid: "rejected",
  woocommerce_rest_request_entity_too_large: "rejected",
  woocommerce_rest_product_not_created: "rejected",
  product_invalid_sku: "rejected",
  product_invalid_global_unique_id: "rejected",
  rest_invalid_param: "rejected",
  rest_missing_callback_param: "rejected",
  rest_invalid_json: "rejected",
};

/** Answers of hosts, caches and firewalls in front of WordPress, which know no codes (channels.md 7.5). */
const kindByStatus: Readonly<Record<number, FaultKind>> = {
  401: "unauthorised",
  // A firewall's page: it lets us in again after a while, or after the merchant allowed us.
  403: "locked",
  // Nothing of WordPress is at the address.
  404: "unavailable",
  408: "timeout",
  413: "rejected",
  429: "rate-limited",
  503: "unavailable",
  504: "timeout",
  // The host's own limit of resources.
  508: "rate-limited",
  // Cloudflare: the shop took too long, and may have done what it was asked.
  522: "timeout",
  524: "timeout",
};

/** A host that names no wait gets this one. */
const throttledWaitMs = 10_000;
/** Longest wait taken from a maintenance page: WordPress says 600 s for what takes seconds. */
const maintenanceWaitMsMax = 60_000;
/** Longest text of the shop's own that goes into a fault. */
const textCharsMax = 300;
/** Words of WordPress's own maintenance page and of the plugins that make others. */
const maintenanceWords = /maintenance|briefly unavailable|coming soon/i;

const sentences: Readonly<Partial<Record<FaultKind, string>>> = {
  "rate-limited": "The shop's host asks us to wait.",
  unavailable: "The shop does not answer properly now.",
  timeout: "The shop gave up waiting for itself.",
  unauthorised: "The shop does not accept our keys.",
  revoked: "The shop no longer accepts our keys. Connect it again.",
  "unknown-listing": "The shop does not know this product.",
  locked: "Something in front of the shop, perhaps a firewall, does not let us in.",
  rejected: "The shop refuses this.",
};

/** What a refused call means. */
export function faultOfAnswer(answer: ChannelResponse): Fault {
  const { status } = answer;
  const error = errorBody.safeParse(answer.json).data;
  if (error) {
    const kind = kindOfError(error, status);
    return withWait(faultOf(kind, error.message, error.code), answer);
  }
  if (status >= 300 && status < 400) return movedFault(answer);
  // A page, from whatever stands before WordPress or from WordPress itself while it is being updated.
  const isMaintenance = maintenanceWords.test(answer.body);
  if (status < 300) {
    return isMaintenance ? faultOf("unavailable", "", "maintenance") : unreadableAnswer(status);
  }
  const byHundred: FaultKind = status >= 500 ? "unavailable" : "rejected";
  return withWait(faultOf(kindByStatus[status] ?? byHundred, "", String(status)), answer);
}

/** What the error of one row in a batch means. */
export function faultOfRow(error: WooError): Fault {
  return faultOf(kindOfError(error, error.data?.status ?? 400), error.message, error.code);
}

/** The answer of an error-free status that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `The shop answered ${String(status)} with something we cannot read.`,
  };
}

/** Consent is gone: the keys, or the rights of the WordPress user they belong to. */
export function revokedFault(text: string, code?: string): Fault {
  return faultOf("revoked", text, code);
}

function kindOfError({ code, message }: WooError, status: number): FaultKind {
  const kind = kindByCode[code];
  if (kind !== "unauthorised") {
    if (kind !== undefined) return kind;
    return status >= 500 || status === 429 ? (kindByStatus[status] ?? "unavailable") : "unexpected";
  }
  // The keys are known, and may not do this: no other way of sending them will help.
  const isFinal = status === 403 || /does not have \w+ permissions/i.test(message);
  return isFinal ? "revoked" : "unauthorised";
}

function faultOf(kind: FaultKind, text: string, code: string | undefined): Fault {
  const words = plainText(text);
  const sentence = sentences[kind] ?? "The shop gave an answer we do not understand.";
  const message = words === "" ? sentence : `${sentence} It said: ${words}`;
  return { kind, message, ...(code !== undefined && { code: code.slice(0, 100) }) };
}

function withWait(fault: Fault, answer: ChannelResponse): Fault {
  const named = retryAfterMsOf(answer);
  if (fault.kind === "rate-limited") return { ...fault, retryAfterMs: named ?? throttledWaitMs };
  if (fault.kind !== "unavailable" || named === undefined) return fault;
  return { ...fault, retryAfterMs: Math.min(named, maintenanceWaitMsMax) };
}

/** Only the new host is named: the address may carry what we sent. */
function movedFault(answer: ChannelResponse): Fault {
  const host = URL.parse(answer.headers.get("location") ?? "")?.host;
  const where = host ? ` to ${host.slice(0, 100)}` : "";
  return {
    kind: "unavailable",
    message: `The shop sends us on${where}. Connect it again under the address it has now.`,
    code: String(answer.status),
  };
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#039;": "'",
  "&#39;": "'",
  "&#8211;": "–",
  "&#8217;": "’",
  "&nbsp;": " ",
};

/** WordPress writes texts as HTML: without tags, on one line, cut. */
export function plainText(html: string): string {
  const text = html
    .replace(/<[^>]*>/g, " ")
    .replace(/&(?:#\d{1,5}|[a-z]{2,6});/gi, (entity) => entities[entity.toLowerCase()] ?? entity)
    .replace(/\s+/g, " ")
    .trim();
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}…` : text;
}
