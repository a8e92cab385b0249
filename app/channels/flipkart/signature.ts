import { createHash } from "node:crypto";
import type { WebhookRequest } from "#app/channels/contract.ts";
import { sameSignature } from "#app/lib/signature.ts";
import type { FlipkartApp } from "./config.ts";

/** Longest header that is looked at; Flipkart's has about 130 characters. */
const headerCharactersMax = 1_000;
/** A delivery that is older, or further ahead, was kept by somebody (channels.md 9; clocks differ by minutes). */
const ageMsMax = 10 * 60_000;

/**
 * What the headers say about a delivery. `stale`: Flipkart signed it, but not lately. The body is not covered: whoever
 * has seen one delivery can send another body under its signature for ten minutes, so nothing in it is believed.
 */
export type SignatureCheck = "signed" | "stale" | "forged";

/** @param request `url` is the address that Flipkart signs: the connection's own, as it was registered */
export function checkSignature(request: WebhookRequest, app: FlipkartApp): SignatureCheck {
  const date = request.headers["x_date"] ?? "";
  const authorization = request.headers["x_authorization"] ?? "";
  if (date.length > headerCharactersMax || authorization.length > headerCharactersMax) {
    return "forged";
  }
  const signedMs = Date.parse(date);
  const given = /^FKLOGIN\s+(\S+)$/i.exec(authorization.trim())?.[1];
  if (Number.isNaN(signedMs) || given === undefined) return "forged";
  const credentials = Buffer.from(given, "base64").toString("utf8");
  if (!sameSignature(credentials, `${app.FLIPKART_APP_ID}:${digest(request.url, signedMs, app)}`)) {
    return "forged";
  }
  return Math.abs(request.receivedAt.getTime() - signedMs) > ageMsMax ? "stale" : "signed";
}

function digest(url: string, signedMs: number, app: FlipkartApp): string {
  const epochSeconds = String(Math.floor(signedMs / 1_000));
  return createHash("sha1")
    .update(`${epochSeconds}${url}POST${app.FLIPKART_APP_SECRET}`)
    .digest("hex");
}
