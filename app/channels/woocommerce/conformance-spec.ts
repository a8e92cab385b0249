import { specText } from "#tests/conformance/openapi.ts";
import type { Exchange, ExchangeCheck } from "#tests/conformance/rig.ts";

/** WooCommerce publishes no schema: samples of its documentation stand in for one (specs/SOURCES.md). */
const samplesFile = "woocommerce/wc-rest-v3-samples.json";

interface Sample {
  readonly method: string;
  /** "/wp-json/wc/v3/products/{id}" */
  readonly path: string;
  readonly query?: readonly { readonly name: string }[];
  readonly response?: unknown;
}
interface Samples {
  readonly operations: readonly Sample[];
  /** Tables of fields by group and title. */
  readonly properties: Readonly<
    Record<string, Readonly<Record<string, readonly { readonly name: string }[]>>>
  >;
}

/** WordPress's own, good for every route; and what carries keys and routes where hosts are odd. */
const everywhere = ["_fields", "rest_route", "consumer_key", "consumer_secret"];
/** Calls that the samples leave out: the site's index, settings, the plugin, the list of 10.3, the order's notes. */
const undocumented = [
  "GET /wp-json/",
  "GET /wp-json/wc/v3/data/currencies/current",
  "GET /wp-json/wc/v3/settings/products/woocommerce_manage_stock",
  "GET /wp-json/wc/v3/variations",
  "GET /wp-json/wc/v3/orders/{id}/notes",
  "GET /wp-json/wc-shipment-tracking/v3/orders/{id}/shipment-trackings",
  "POST /wp-json/wc-shipment-tracking/v3/orders/{id}/shipment-trackings",
  "GET /wp-json/wc/v3/orders/{id}/shipment-trackings",
];
/** Fields that are newer than the samples of 2024 (the plugin's own controllers). */
const newerFields = ["global_unique_id"];
/** What a change may hold, by the resource it goes to. */
const writable: readonly (readonly [RegExp, string])[] = [
  [/\/variations/, "Product variation properties"],
  [/\/products/, "Product properties"],
  [/\/orders\/\{id\}\/notes$/, "Order note properties"],
  [/\/orders/, "Order properties"],
  [/\/webhooks/, "Webhook properties"],
];

/** A check of every call against the documented samples; null where ../shared is absent. */
export function sampleCheck(sandboxPath: string): ExchangeCheck | null {
  const text = specText(samplesFile);
  if (text === null) return null;
  const samples = JSON.parse(text) as Samples;
  return (exchange) => problemsOf(samples, sandboxPath, exchange);
}

function problemsOf(samples: Samples, sandboxPath: string, exchange: Exchange): string[] {
  const url = new URL(exchange.url);
  const path = templateOf(url.pathname.replace(sandboxPath, ""));
  const name = `${exchange.method} ${path}`;
  if (undocumented.includes(name)) return [];
  const sample = samples.operations.find(
    (one) => one.method === exchange.method && templateOf(one.path) === path,
  );
  if (!sample) return ["no sample describes this call"];
  return [
    ...queryProblems(sample, url),
    ...bodyProblems(samples, path, exchange),
    ...responseProblems(sample, exchange),
  ];
}

/** Ids become "{id}", whatever the documentation calls them. */
function templateOf(path: string): string {
  return path.replace(/\{[a-z_]+\}/g, "{id}").replace(/\/\d+(?=\/|$)/g, "/{id}");
}

function queryProblems(sample: Sample, url: URL): string[] {
  const known = new Set([...everywhere, ...(sample.query ?? []).map((one) => one.name)]);
  return [...url.searchParams.keys()]
    .filter((given) => !known.has(given))
    .map((given) => `the query has ${given}, which is not documented`);
}

function bodyProblems(samples: Samples, path: string, { body }: Exchange): string[] {
  if (body === null) return [];
  const given = JSON.parse(body) as Record<string, unknown>;
  const group = writable.find(([shape]) => shape.test(path))?.[1] ?? "";
  const fields = new Set((samples.properties[group]?.[group] ?? []).map((one) => one.name));
  if (fields.size === 0) return [`there is no table of what ${path} takes`];
  const rows = path.endsWith("/batch") ? (given["update"] as object[]) : [given];
  return rows.flatMap((row) =>
    Object.keys(row)
      .filter((name) => !fields.has(name))
      .map((name) => `the body has ${name}, which is not documented`),
  );
}

/** What the sandbox answers has the documented fields' types, and no field that nobody documents. */
function responseProblems(sample: Sample, exchange: Exchange): string[] {
  if (exchange.status >= 400 || !exchange.responseType.includes("json")) return [];
  const documented = sample.response;
  const given: unknown = JSON.parse(exchange.responseBody);
  if (documented === undefined) return [];
  return shapeProblems(given, documented, "").slice(0, 3);
}

function shapeProblems(given: unknown, documented: unknown, at: string): string[] {
  if (documented === null || given === null) return [];
  if (Array.isArray(documented)) {
    if (!Array.isArray(given)) return [`${at || "the answer"} is no list`];
    const [first] = documented as unknown[];
    return first === undefined
      ? []
      : (given as unknown[]).flatMap((row, index) => shapeProblems(row, first, `${at}[${index}]`));
  }
  // 3 and "3": WooCommerce writes both, by field.
  if (typeof documented !== typeof given) {
    // "parent" in place of true: documented in words (channels.md 7.2).
    const isParent = at.endsWith("manage_stock") && given === "parent";
    return isParent ? [] : [`${at || "the answer"} is ${typeof given}, not ${typeof documented}`];
  }
  if (typeof documented !== "object") return [];
  const sample = documented as Record<string, unknown>;
  return Object.entries(given as Record<string, unknown>).flatMap(([name, value]) => {
    if (newerFields.includes(name) || name === "error") return [];
    if (!(name in sample)) return [`${at}.${name} is not documented`];
    return shapeProblems(value, sample[name], `${at}.${name}`);
  });
}
