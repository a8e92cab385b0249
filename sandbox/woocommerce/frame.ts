import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";

/** An answer of the simulated shop. A text body is a page. */
export interface WooAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whatever serves a call; becomes WordPress's error. */
export class Refusal extends Error {
  readonly answer: WooAnswer;
  constructor(status: number, code: string, message: string, more: object = {}) {
    super(message);
    this.answer = { status, body: errorBody(status, code, message, more) };
  }
}

/** WordPress's error object, of a call or of a row in a batch. */
export function errorBody(status: number, code: string, message: string, more: object = {}) {
  return { code, message, data: { status, ...more } };
}

export function invalidParam(name: string, why: string): Refusal {
  return new Refusal(400, "rest_invalid_param", `Invalid parameter(s): ${name}`, {
    params: { [name]: why },
  });
}

export function noRoute(): Refusal {
  return new Refusal(
    404,
    "rest_no_route",
    "No route was found matching the URL and request method.",
  );
}

/** Sends JSON, or a page where the body is a text. */
export function send(response: ServerResponse, { status, body, headers = {} }: WooAnswer): void {
  if (typeof body !== "string") {
    answerJson(response, status, body, headers);
    return;
  }
  const page = Buffer.from(body);
  const type = { "content-type": "text/html; charset=UTF-8", "content-length": page.length };
  response.writeHead(status, { ...type, ...headers });
  response.end(page);
}

/** WooCommerce's times: whole seconds, no zone. This shop's own zone is UTC. */
export function wooTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

export function timesOf(name: string, ms: number | null): Record<string, string | null> {
  const time = ms === null ? null : wooTime(ms);
  return { [name]: time, [`${name}_gmt`]: time };
}

const perPageMax = 100;
const perPageDefault = 10;

/** Where a list is read, by `page` or `offset`. @throws Refusal */
export function pageOfQuery(query: URLSearchParams): {
  readonly from: number;
  readonly size: number;
} {
  const size = wholeOf(query, "per_page", perPageDefault);
  if (size < 1 || size > perPageMax) {
    throw invalidParam(
      "per_page",
      `per_page must be between 1 (inclusive) and ${String(perPageMax)} (inclusive)`,
    );
  }
  const page = wholeOf(query, "page", 1);
  if (page < 1) throw invalidParam("page", "page must be greater than or equal to 1");
  return { from: query.has("offset") ? wholeOf(query, "offset", 0) : (page - 1) * size, size };
}

function wholeOf(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,15}$/.test(text)) throw invalidParam(name, `${name} is not of type integer.`);
  return Number(text);
}

/** A list of ids, or null where it is not given. @throws Refusal */
export function idsOfQuery(query: URLSearchParams, name: string): number[] | null {
  const text = query.get(name);
  if (text === null || text === "") return null;
  return text.split(",").map((part) => {
    if (!/^\d{1,15}$/.test(part)) throw invalidParam(name, `${name}[0] is not of type integer.`);
    return Number(part);
  });
}

/** One page of a list, with the headers that count it, each row cut to `_fields`. */
export function listAnswer<Row>(
  query: URLSearchParams,
  rows: readonly Row[],
  wire: (row: Row) => object,
): WooAnswer {
  const { from, size } = pageOfQuery(query);
  return {
    status: 200,
    body: rows.slice(from, from + size).map((row) => fieldsOf(query, wire(row))),
    headers: {
      "x-wp-total": String(rows.length),
      "x-wp-totalpages": String(Math.ceil(rows.length / size)),
    },
  };
}

/** WordPress's `_fields`: only these of an answer. */
export function fieldsOf(query: URLSearchParams, body: object): object {
  const fields = query.get("_fields")?.split(",");
  if (!fields) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => fields.includes(name)));
}
