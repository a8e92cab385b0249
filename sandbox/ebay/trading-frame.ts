import { XMLParser } from "fast-xml-parser";
import type { EbayAnswer } from "./frame.ts";
import type { Shop } from "./inventory.ts";

const lists: ReadonlySet<string> = new Set(["InventoryStatus", "Variation"]);
const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  isArray: (name) => lists.has(name),
});

/** The content of `<NameRequest>`, or null when the body is none. */
export function readRequest(rawBody: Buffer, callName: string): unknown {
  try {
    const document = parser.parse(rawBody.toString("utf8")) as Record<string, unknown>;
    return document[`${callName}Request`] ?? null;
  } catch {
    return null;
  }
}

export interface TradingError {
  readonly code: number;
  readonly text: string;
  readonly severity?: "Error" | "Warning";
}

/** `<NameResponse>` as eBay frames it. */
export function tradingAnswer(
  callName: string,
  now: number,
  parts: {
    readonly content?: string;
    readonly errors?: readonly TradingError[];
    readonly partly?: true;
  },
): EbayAnswer {
  const { content = "", errors = [], partly } = parts;
  const isFailure = errors.some(({ severity }) => severity !== "Warning");
  const ack = !isFailure
    ? errors.length > 0
      ? "Warning"
      : "Success"
    : partly
      ? "PartialFailure"
      : "Failure";
  const root = `${callName}Response`;
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="urn:ebay:apis:eBLBaseComponents">` +
    `<Timestamp>${new Date(now).toISOString()}</Timestamp><Ack>${ack}</Ack>` +
    errors.map(wireError).join("") +
    `<Version>1371</Version><Build>E1371_CORE</Build>${content}</${root}>`;
  return { status: 200, xml };
}

function wireError({ code, text, severity = "Error" }: TradingError): string {
  return (
    `<Errors>${tag("ShortMessage", text)}${tag("LongMessage", text)}${tag("ErrorCode", code)}` +
    `${tag("SeverityCode", severity)}${tag("ErrorClassification", "RequestError")}</Errors>`
  );
}

export function tag(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeText(String(text))}</${name}>`;
}

export function money(name: string, minor: number, currency: string): string {
  return `<${name} currencyID="${currency}">${(minor / 100).toFixed(2)}</${name}>`;
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** What one Trading call works with. */
export interface TradingContext extends Shop {
  readonly callName: string;
  /** The content of the request element. */
  readonly request: unknown;
  answer(parts: Parameters<typeof tradingAnswer>[2]): EbayAnswer;
  refuse(code: number, text: string): EbayAnswer;
}
