import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";

/** One row of eBay's `errors`. */
export interface EbayError {
  readonly errorId: number;
  readonly domain: string;
  readonly category: "REQUEST" | "APPLICATION" | "BUSINESS";
  readonly message: string;
  readonly longMessage?: string;
}

/** An answer of the eBay sandbox: JSON, a Trading document, a file, or a status alone. */
export interface EbayAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly xml?: string;
  readonly file?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ebayError(
  errorId: number,
  domain: string,
  message: string,
  category: EbayError["category"] = "REQUEST",
): EbayError {
  return { errorId, domain, category, message, longMessage: message };
}

/** The whole call refused. */
export function refuse(status: number, error: EbayError): EbayAnswer {
  return { status, body: { errors: [error] } };
}

/** Something was made: its address is in the header, the body is empty. */
export function created(status: number, location: string): EbayAnswer {
  return { status, headers: { location } };
}

export function writeAnswer(response: ServerResponse, answer: EbayAnswer): void {
  const { status, body, xml, file, headers = {} } = answer;
  if (body !== undefined) {
    answerJson(response, status, body, headers);
    return;
  }
  const content = file ?? Buffer.from(xml ?? "");
  const type = file ? "application/octet-stream" : "text/xml";
  response.writeHead(status, {
    ...(content.length > 0 && { "content-type": type }),
    "content-length": content.length,
    ...headers,
  });
  response.end(content);
}
