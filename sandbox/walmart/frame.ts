import type { ServerResponse } from "node:http";
import type { SandboxRequest } from "../channel.ts";

/** An answer of the Walmart sandbox. */
export interface WalmartAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): WalmartAnswer => ({ status: 200, body });

/** A row of Walmart's `errors`. */
export function walmartError(code: string, description: string, field = "data") {
  return {
    code,
    field,
    description,
    info: description,
    severity: "ERROR",
    category: "DATA",
    causes: [],
    errorIdentifiers: {},
  };
}

/** The whole call refused. */
export function refuse(status: number, code: string, description: string, field?: string) {
  return { status, body: { errors: [walmartError(code, description, field)] } };
}

/** The gateway's own refusals stand under another name. */
export function gatewayRefuse(status: number, code: string, description: string): WalmartAnswer {
  return { status, body: { error: [walmartError(code, description)] } };
}

/** Sends an answer; a caller who did not ask for JSON gets XML, as the real one does. */
export function sendAnswer(
  request: SandboxRequest,
  response: ServerResponse,
  { status, body, headers = {} }: WalmartAnswer,
): void {
  const isJson = request.headers["accept"]?.includes("json") ?? false;
  const text = body === null ? "" : isJson ? JSON.stringify(body) : toXml(body);
  response.writeHead(status, {
    "content-type": isJson ? "application/json" : "application/xml",
    date: new Date().toUTCString(),
    ...headers,
  });
  response.end(text);
}

function toXml(body: unknown): string {
  return `<?xml version="1.0" encoding="UTF-8"?><response xmlns="http://walmart.com/">${elements(body)}</response>`;
}

/** A list of one cannot be told from a single element. */
function elements(value: unknown): string {
  if (typeof value !== "object" || value === null) return escaped(String(value));
  return Object.entries(value)
    .flatMap(([name, item]: [string, unknown]) =>
      (Array.isArray(item) ? item : [item]).map(
        (one: unknown) => `<${name}>${elements(one)}</${name}>`,
      ),
    )
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
