import { z } from "zod";
import type { ChannelResponse } from "#app/channels/contract.ts";
import { parseJson } from "#app/lib/json.ts";
import type { WooSecrets } from "./config.ts";
import { errorBody, idList } from "./wire.ts";

/** How one shop lets us in: found out once and remembered where other channels keep an access token. */
const accessShape = z.object({
  /** `query`: the host drops the Authorization header (channels.md 7.1). */
  keysIn: z.enum(["header", "query"]),
  /** `query`: the shop has no pretty permalinks, `?rest_route=` takes their place. */
  routeIn: z.enum(["path", "query"]),
  consumerKey: z.string(),
  consumerSecret: z.string(),
});
export type WooAccess = z.infer<typeof accessShape>;

/** After this long we find out again whether the better way works by now. */
export const accessMs = 24 * 60 * 60 * 1_000;

/** Where routes may be, best first. */
export const routePlaces: readonly WooAccess["routeIn"][] = ["path", "query"];
/** Where keys may be, best first: keys in an address end up in the host's logs. */
export const keyPlaces: readonly WooAccess["keysIn"][] = ["header", "query"];

/** The way in as a token source keeps it: encrypted, because the keys are in it. */
export function accessToken(access: WooAccess): string {
  return JSON.stringify(access);
}

/** @param secrets what is right when the token is another's */
export function readAccess(token: string, secrets: WooSecrets): WooAccess {
  const read = accessShape.safeParse(parseJson(token));
  return read.success ? read.data : { keysIn: "header", routeIn: "path", ...secrets };
}

/**
 * What the answer to a first call says about the way it was sent.
 * - `open`     this way works
 * - `no-keys`  the keys did not arrive or are unknown: both are answered alike, so the other place is tried
 * - `refused`  the keys arrived and are wrong: no other way helps
 * - `no-api`   nothing of WooCommerce is at that address
 * - `fault`    the shop has other troubles
 */
export function judgeFirstAnswer(
  answer: ChannelResponse,
): "open" | "no-keys" | "refused" | "no-api" | "fault" {
  const { status } = answer;
  const error = errorBody.safeParse(answer.json).data;
  if (status < 300) {
    if (idList.safeParse(answer.json).success) return "open";
    return error ? "fault" : "no-api";
  }
  // WordPress without pretty permalinks sends /wp-json to its own "not found" page.
  if (status === 404) return "no-api";
  if (status !== 401) return "fault";
  return error && /secret is invalid|does not have \w+ permissions/i.test(error.message)
    ? "refused"
    : "no-keys";
}

/** The Authorization header of a key pair. */
export function basicHeader({ consumerKey, consumerSecret }: WooSecrets): string {
  return `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString("base64")}`;
}
