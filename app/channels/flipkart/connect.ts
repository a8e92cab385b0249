import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { consentPage, type Grant } from "./auth.ts";
import { clientOfToken, fetchToken, type Answer, type FlipkartClient } from "./client.ts";
import type { FlipkartApp, FlipkartSecrets } from "./config.ts";
import { callSizeMax } from "./in-calls.ts";
import { listingIn } from "./mapping.ts";

/** What own access comes back with instead of a code: there is no consent page to ask on. */
const ownAccessCode = "own-access";

const ordersWarning =
  "Flipkart reports orders by itself only after a person has asked its support to; until then they are looked for every few minutes.";

/**
 * Signing in. Flipkart names no seller to an app, so a connection is known by its location, whose id no other seller
 * has: one account per location, and the merchant picks the warehouse that this shop's stock lies in.
 */
export const flipkartConnect: ChannelConnect<FlipkartApp> = {
  fields: [
    {
      name: "locationIds",
      label: "Location id",
      kind: "text",
      optional: true,
      help: "Leave empty to choose from your locations. Several ids, separated by commas, are written as one stock.",
    },
  ],
  authorizeUrl({ state, redirectUrl }, app) {
    if (app.FLIPKART_ACCESS === "third-party") return consentPage(app, { state, redirectUrl });
    const back = new URL(redirectUrl);
    back.searchParams.set("code", ownAccessCode);
    back.searchParams.set("state", state);
    return back.toString();
  },
  async complete(grant, context) {
    const { secrets, accessToken } = await fetchToken(
      context,
      grantOf(grant, context.app),
      context.signal,
    );
    const client = clientOfToken(context, accessToken);
    const [first, ...others] = await locationsFor(grant, client, context);
    if (!first) throw new ChannelFault(noLocation);
    const account = (location: Location) => accountOf(location, secrets);
    return [account(first), ...others.map(account)];
  },
};

function grantOf({ returned, redirectUrl }: ConnectGrant, app: FlipkartApp): Grant {
  if (app.FLIPKART_ACCESS === "own") return { kind: "secrets", secrets: { access: "own" } };
  const { code, state = "", error } = returned;
  if (error !== undefined || !code) {
    throw new ChannelFault({
      kind: "rejected",
      message: "The sign-in at Flipkart was refused. Connect again and allow the access.",
      code: (error ?? "no code").slice(0, 60),
    });
  }
  return { kind: "code", code, state, url: redirectUrl };
}

/** A warehouse, or several that are written as one. */
interface Location {
  readonly ids: readonly [string, ...string[]];
  readonly name: string | null;
}

const noLocation: Fault = {
  kind: "rejected",
  message:
    "Flipkart names no location of this account. Enter the location id, as its seller dashboard shows it, and connect again.",
};

async function locationsFor(
  grant: ConnectGrant,
  client: FlipkartClient,
  { signal }: ConnectContext<FlipkartApp>,
): Promise<readonly Location[]> {
  const typed = (grant.values["locationIds"] ?? "").split(/[\s,;]+/).filter(Boolean);
  const [first, ...others] = new Set(typed);
  if (first !== undefined) {
    // The proof that the account opens.
    valueOf(await client.searchListings(null, signal));
    return [{ ids: [first, ...others], name: null }];
  }
  const named = await client.getLocations(signal);
  if (named.ok && named.value.length > 0) {
    return named.value.map(({ id, name }) => ({ ids: [id], name }));
  }
  // No document names that call: where it is not there, the listings tell.
  if (!named.ok && isOutage(named.fault)) throw new ChannelFault(named.fault);
  return (await locationsOfListings(client, signal)).map((id) => ({ ids: [id], name: null }));
}

function isOutage({ kind }: Fault): boolean {
  return ["unavailable", "timeout", "rate-limited", "unauthorised", "revoked"].includes(kind);
}

/** Locations of the seller's first listings. */
async function locationsOfListings(
  client: FlipkartClient,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { listings } = valueOf(await client.searchListings(null, signal));
  const skus = listings.slice(0, callSizeMax).map(({ sku_id: sku }) => sku);
  if (skus.length === 0) return [];
  const answer = valueOf(await client.getListings(skus, signal));
  const ids = skus.flatMap((sku) => {
    const found = listingIn(answer, sku);
    return found.ok ? (found.listing.locations ?? []).map(({ id }) => id) : [];
  });
  return [...new Set(ids)];
}

/** @throws ChannelFault */
function valueOf<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw new ChannelFault(answer.fault);
}

function accountOf({ ids, name }: Location, secrets: FlipkartSecrets): ConnectedAccount {
  return {
    accountId: ids[0],
    marketplace: "",
    label: `Flipkart, ${name === null ? ids[0] : `${name} (${ids[0]})`}`,
    settings: { locationIds: ids },
    secrets,
    warnings: [ordersWarning],
  };
}
