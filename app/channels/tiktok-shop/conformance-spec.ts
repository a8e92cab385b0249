import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Exchange, ExchangeCheck } from "#tests/conformance/rig.ts";

// Tests only. TikTok Shop has no OpenAPI document: specs/tiktok/endpoints/*.json are its reference pages as tables, one
// row per field, depth marked by carets ("^^sku_id").

interface Row {
  readonly name: string;
  readonly type: string;
  readonly required?: string;
}

/** One reference page. */
export interface EndpointPage {
  readonly method: string;
  readonly path: string;
  readonly header_params: readonly Row[];
  readonly query_params: readonly Row[];
  readonly body_params: readonly Row[];
  readonly response_params: readonly Row[];
  readonly error_codes: readonly { readonly code: string | number; readonly msg: string }[];
  readonly request_example: unknown;
  readonly response_example: unknown;
}

const folder = join(import.meta.dirname, "../../../../shared/specs/tiktok/endpoints");

/** Every page, or null where ../shared is absent. */
export function endpointPages(): readonly EndpointPage[] | null {
  if (!existsSync(folder)) return null;
  return readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as EndpointPage,
  );
}

/** What stands before TikTok's paths in the sandbox's addresses. */
const prefix = "/tiktok-shop";
/** Sign-in has no reference page (channels.md 5.1). */
const undocumented = [`${prefix}/auth/`];

/** Checks a call and its answer against the reference pages; null where ../shared is absent. */
export function tiktokCheck(): ExchangeCheck | null {
  const pages = endpointPages();
  if (pages === null) return null;
  return (exchange) => {
    const { pathname } = new URL(exchange.url);
    if (undocumented.some((path) => pathname.startsWith(path))) return [];
    const page = pages.find((one) => isOf(one, exchange.method, pathname.slice(prefix.length)));
    if (!page) return ["no reference page describes this call"];
    return [...requestProblems(page, exchange), ...answerProblems(page, exchange)];
  };
}

function isOf(page: EndpointPage, method: string, path: string): boolean {
  const pattern = page.path.replace(/\{[^}]+\}/g, "[^/]+");
  return page.method === method && new RegExp(`^${pattern}$`).test(path) && !isNamed(page, path);
}

/** `products/{id}` is not `products/search`. */
function isNamed(page: EndpointPage, path: string): boolean {
  return page.path.endsWith("}") && !/\d/.test(path.split("/").at(-1) ?? "");
}

function requestProblems(page: EndpointPage, exchange: Exchange): readonly string[] {
  const query = Object.fromEntries(new URL(exchange.url).searchParams);
  const asTexts = page.query_params.map((row) => ({ ...row, type: "text" }));
  const headers = page.header_params
    .filter(({ name, required }) => required === "Y" && !exchange.headers[name.toLowerCase()])
    .map(({ name }) => `the header ${name} is missing`);
  const body: unknown = exchange.body ? JSON.parse(exchange.body) : {};
  return [
    ...headers,
    ...objectProblems(treeOf(asTexts), query, "the query"),
    ...objectProblems(treeOf(page.body_params), body, "the body"),
  ];
}

/** What a broken or refusing platform says beside code and message is nobody's table. */
function answerProblems(page: EndpointPage, exchange: Exchange): readonly string[] {
  if (!exchange.responseType.includes("json") || exchange.status >= 500) return [];
  const answer: unknown = JSON.parse(exchange.responseBody);
  return objectProblems(treeOf(page.response_params), answer, "the answer");
}

/** A field with the fields below it. */
interface Field extends Row {
  readonly fields: Field[];
}

/** Rows to a tree by their carets. */
export function treeOf(rows: readonly Row[]): readonly Field[] {
  const root: Field = { name: "", type: "object", fields: [] };
  const path = [root];
  for (const row of rows) {
    const depth = /^\^*/.exec(row.name)?.[0].length ?? 0;
    const field: Field = { ...row, name: row.name.slice(depth), fields: [] };
    path.length = depth + 1;
    path[depth]?.fields.push(field);
    path.push(field);
  }
  return root.fields;
}

/** Fields that the table lacks, required ones that are missing, and values of another type. */
export function objectProblems(
  fields: readonly Field[],
  value: unknown,
  where: string,
): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${where} is no object`];
  }
  const given = new Map(Object.entries(value));
  const missing = fields
    .filter(({ name, required }) => required === "Y" && !given.has(name))
    .map(({ name }) => `${where} lacks ${name}`);
  const present = [...given].flatMap(([name, item]) => {
    const field = fields.find((one) => one.name === name);
    return field
      ? valueProblems(field, field.type, item, `${where}.${name}`)
      : [`${where}.${name} is not in the table`];
  });
  return [...missing, ...present];
}

function valueProblems(
  field: Field,
  type: string,
  value: unknown,
  where: string,
): readonly string[] {
  if (type.startsWith("[]")) {
    if (!Array.isArray(value)) return [`${where} is no list`];
    return value.flatMap((item) => valueProblems(field, type.slice(2), item, `${where}[]`));
  }
  if (type === "object") return objectProblems(field.fields, value, where);
  const fits: Readonly<Record<string, boolean>> = {
    text: typeof value === "string",
    string: typeof value === "string",
    int: Number.isInteger(value),
    bool: typeof value === "boolean",
  };
  return fits[type] === false ? [`${where} is no ${type}`] : [];
}
