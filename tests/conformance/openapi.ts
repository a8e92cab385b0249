import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { parse as parseYaml } from "yaml";
import type { Exchange, ExchangeCheck } from "./rig.ts";

/** Where the platforms' own documents lie beside a checkout; not part of it. */
const specsFolder = join(import.meta.dirname, "../../../shared/specs");

export interface OpenApiSource {
  /** Below ../shared/specs: "walmart/inventory-openapi.yml". OpenAPI 3 or Swagger 2, JSON or YAML. */
  readonly file: string;
  /** What stands before the document's paths in the sandbox's addresses: "/ebay/sell/inventory/v1". */
  readonly prefix: string;
  /** Puts right what the document has wrong or out of date; say why beside it. */
  readonly amend?: (document: Record<string, unknown>) => void;
}

export interface OpenApiOptions {
  /** Calls that no document describes (sign-in, pre-signed addresses): paths that begin so are not checked. */
  readonly undocumented: readonly string[];
  /** Bodies that are no JSON (multipart, documents): their schema is not checked for these operations. */
  readonly ignoreResponses?: readonly string[];
}

/** A file of ../shared/specs as text, or null where ../shared is not there. */
export function specText(file: string): string | null {
  const path = join(specsFolder, file);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** A check of every call against OpenAPI documents; null where ../shared is absent. */
export function openApiCheck(
  sources: readonly OpenApiSource[],
  options: OpenApiOptions,
): ExchangeCheck | null {
  const texts = sources.map(({ file }) => specText(file));
  if (texts.some((text) => text === null)) return null;
  const operations = sources.flatMap((source, index) =>
    operationsOf(source, texts[index] ?? "", `spec${index}`),
  );
  return (exchange) => checkExchange(operations, exchange, options);
}

type Json = Record<string, unknown>;

interface Operation {
  readonly method: string;
  readonly path: RegExp;
  /** Placeholders in the path: the operation with the fewest is the one that is meant. */
  readonly blanks: number;
  readonly name: string;
  readonly query: readonly Parameter[];
  readonly headers: readonly Parameter[];
  readonly body: ValidateFunction | null;
  readonly bodyRequired: boolean;
  response(status: number): ValidateFunction | null;
}

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly validate: ValidateFunction | null;
}

const methods = ["get", "put", "post", "delete", "patch"];

function operationsOf(source: OpenApiSource, text: string, id: string): Operation[] {
  const document = (source.file.endsWith(".json") ? JSON.parse(text) : parseYaml(text)) as Json;
  source.amend?.(document);
  tidy(document, id);
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    coerceTypes: false,
    unicodeRegExp: false,
    allErrors: true,
  });
  const loose = new Ajv({
    strict: false,
    validateFormats: false,
    coerceTypes: "array",
    unicodeRegExp: false,
  });
  for (const each of [ajv, loose]) each.addSchema(document, id);
  const paths = document["paths"] as Record<string, Json>;
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method] as Json | undefined;
      if (!operation) return [];
      const shared = (item["parameters"] as Json[] | undefined) ?? [];
      const own = (operation["parameters"] as Json[] | undefined) ?? [];
      const parameters = [...shared, ...own].map((one) => resolved(document, one));
      return [operationOf({ source, path, method, operation, parameters, ajv, loose, document })];
    }),
  );
}

interface Found {
  readonly source: OpenApiSource;
  readonly path: string;
  readonly method: string;
  readonly operation: Json;
  readonly parameters: readonly Json[];
  readonly ajv: Ajv;
  readonly loose: Ajv;
  readonly document: Json;
}

function operationOf(found: Found): Operation {
  const { source, path, method, operation, parameters } = found;
  const pattern = `${source.prefix}${path}`.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  const responses = (operation["responses"] as Record<string, Json> | undefined) ?? {};
  const [body, bodyRequired] = bodyOf(found);
  return {
    method: method.toUpperCase(),
    path: new RegExp(`^${pattern.replace(/\{[^}]+\}/g, "[^/]+")}/?$`),
    blanks: path.split("{").length,
    name: `${method.toUpperCase()} ${path}`,
    query: parametersOf(found, parameters, "query"),
    headers: parametersOf(found, parameters, "header"),
    body,
    bodyRequired,
    response(status) {
      const known = responses[String(status)] ?? responses["default"];
      return known ? compiled(found.ajv, jsonSchemaOf(resolved(found.document, known))) : null;
    },
  };
}

function bodyOf(found: Found): readonly [ValidateFunction | null, boolean] {
  const { operation, parameters, document, ajv } = found;
  const legacy = parameters.find((one) => one["in"] === "body");
  if (legacy) return [compiled(ajv, legacy["schema"]), legacy["required"] === true];
  const given = operation["requestBody"] as Json | undefined;
  if (!given) return [null, false];
  const body = resolved(document, given);
  return [compiled(ajv, jsonSchemaOf(body)), body["required"] === true];
}

function parametersOf(found: Found, parameters: readonly Json[], place: string): Parameter[] {
  return parameters
    .filter((one) => one["in"] === place)
    .map((one) => ({
      name: String(one["name"]),
      required: one["required"] === true,
      validate: compiled(found.loose, one["schema"] ?? swaggerSchema(one)),
    }));
}

/** Swagger 2 writes a parameter's type beside its name; lists come joined, as our own reading splits them. */
function swaggerSchema(parameter: Json): Json | null {
  const { type, items, enum: allowed, minimum, maximum } = parameter;
  if (type === undefined) return null;
  const schema: Json = { type };
  if (items !== undefined) schema["items"] = items;
  if (allowed !== undefined) schema["enum"] = allowed;
  if (minimum !== undefined) schema["minimum"] = minimum;
  if (maximum !== undefined) schema["maximum"] = maximum;
  return schema;
}

function jsonSchemaOf(holder: Json): unknown {
  if (holder["schema"] !== undefined) return holder["schema"];
  const content = holder["content"] as Record<string, Json> | undefined;
  const json = Object.entries(content ?? {}).find(([type]) => type.includes("json"));
  return json?.[1]["schema"] ?? null;
}

/** A schema that cannot be compiled says nothing: the documents hold a few. */
function compiled(ajv: Ajv, schema: unknown): ValidateFunction | null {
  if (schema === null || schema === undefined) return null;
  try {
    return ajv.compile(schema);
  } catch {
    return null;
  }
}

function checkExchange(
  operations: readonly Operation[],
  exchange: Exchange,
  options: OpenApiOptions,
): string[] {
  const url = new URL(exchange.url);
  if (options.undocumented.some((prefix) => url.pathname.startsWith(prefix))) return [];
  const [operation] = operations
    .filter((one) => one.method === exchange.method && one.path.test(url.pathname))
    .sort((a, b) => a.blanks - b.blanks);
  if (!operation) return ["no document describes this call"];
  return [
    ...queryProblems(operation, url),
    ...headerProblems(operation, exchange),
    ...bodyProblems(operation, exchange),
    ...(options.ignoreResponses?.includes(operation.name)
      ? []
      : responseProblems(operation, exchange)),
  ];
}

function queryProblems(operation: Operation, url: URL): string[] {
  const known = new Map(operation.query.map((one) => [one.name, one]));
  const missing = operation.query
    .filter((one) => one.required && !url.searchParams.has(one.name))
    .map((one) => `the query lacks ${one.name}`);
  const given = [...new Set(url.searchParams.keys())].flatMap((name) => {
    const parameter = known.get(name);
    if (!parameter) return [`the query has ${name}, which is not documented`];
    return valueProblems(parameter, url.searchParams.getAll(name).join(","));
  });
  return [...missing, ...given];
}

/** One text may stand for a list: it is tried whole and split. */
function valueProblems({ name, validate }: Parameter, text: string): string[] {
  if (!validate) return [];
  const tries: unknown[] = [text, text.split(",")];
  const fits = tries.some((value) => validate({ value }.value));
  return fits ? [] : [`${name}=${text.slice(0, 60)} is not allowed: ${wordsOf(validate)}`];
}

function headerProblems(operation: Operation, exchange: Exchange): string[] {
  return operation.headers
    .filter((one) => one.required && exchange.headers[one.name.toLowerCase()] === undefined)
    .filter((one) => !["authorization", "accept", "content-type"].includes(one.name.toLowerCase()))
    .map((one) => `the header ${one.name} is missing`);
}

function bodyProblems(operation: Operation, exchange: Exchange): string[] {
  if (exchange.body === null || exchange.body === "") {
    return operation.bodyRequired ? ["the body is missing"] : [];
  }
  const isJson = exchange.headers["content-type"]?.includes("json") ?? false;
  if (!operation.body || !isJson) return [];
  const value: unknown = JSON.parse(exchange.body);
  return operation.body(value) ? [] : [`the body is not as documented: ${wordsOf(operation.body)}`];
}

function responseProblems(operation: Operation, exchange: Exchange): string[] {
  const isJson = exchange.responseType.includes("json") && exchange.responseBody !== "";
  // What a broken or throttling platform says is nobody's schema.
  if (!isJson || exchange.status >= 500 || exchange.status === 429) return [];
  const validate = operation.response(exchange.status);
  if (!validate) return [];
  const value: unknown = JSON.parse(exchange.responseBody);
  return validate(value)
    ? []
    : [`the sandbox's ${exchange.status} is not as documented: ${wordsOf(validate)}`];
}

function wordsOf(validate: ValidateFunction): string {
  return (validate.errors ?? [])
    .slice(0, 3)
    .map(
      ({ instancePath, message, params }) =>
        `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`,
    )
    .join("; ");
}

function resolved(document: Json, value: Json): Json {
  const reference = value["$ref"];
  if (typeof reference !== "string") return value;
  const steps = reference.replace(/^[^#]*#\//, "").split("/");
  let found: unknown = document;
  for (const step of steps) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    found = (found as Json | undefined)?.[key];
  }
  return (found as Json | undefined) ?? {};
}

/**
 * Makes a document's schemas plain JSON Schema: OpenAPI's own words go, `nullable` becomes a type, references become
 * whole schemas beside their document.
 */
function tidy(document: Json, id: string): void {
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) {
      for (const item of value) walk(item);
      return;
    }
    const node = value as Json;
    for (const word of ["exclusiveMinimum", "exclusiveMaximum"]) {
      if (typeof node[word] === "boolean") Reflect.deleteProperty(node, word);
    }
    for (const word of ["discriminator", "xml", "id", "$id"]) {
      if (typeof node[word] !== "string" && word.endsWith("id")) continue;
      Reflect.deleteProperty(node, word);
    }
    // Compiled one by one, schemas refer to their document by its name.
    if (typeof node["$ref"] === "string" && node["$ref"].startsWith("#")) {
      node["$ref"] = `${id}${node["$ref"]}`;
    }
    allowNull(node);
    if (Array.isArray(node["required"]) && node["required"].length === 0) {
      Reflect.deleteProperty(node, "required");
    }
    for (const item of Object.values(node)) walk(item);
  };
  walk(document);
}

function allowNull(node: Json): void {
  if (node["nullable"] !== true) return;
  Reflect.deleteProperty(node, "nullable");
  if (typeof node["type"] === "string") node["type"] = [node["type"], "null"];
  if (Array.isArray(node["enum"]) && !node["enum"].includes(null))
    node["enum"] = [...(node["enum"] as unknown[]), null];
  if (typeof node["$ref"] === "string") {
    node["anyOf"] = [{ $ref: node["$ref"] }, { type: "null" }];
    Reflect.deleteProperty(node, "$ref");
  }
}
