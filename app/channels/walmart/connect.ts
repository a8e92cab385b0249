import { randomUUID } from "node:crypto";
import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import { providerKeys, type WalmartGrant } from "./auth.ts";
import { signIn, type Answer, type SignedIn, type WalmartClient } from "./client.ts";
import type { WalmartApp, WalmartSecrets, WalmartSettings } from "./config.ts";
import { chosenNode } from "./ship-node.ts";
import { partnerProfile, shipNodesAnswer, type WalmartShipNode } from "./wire.ts";

const whereKeysAre =
  "Only if you use API keys of your own: in Walmart's Developer Portal, under My Account, Production Keys.";

/**
 * Walmart's consent page where the app is an approved solution provider's ("OAuth 2.0 authorization" of
 * developer.walmart.com), or the seller's own API keys, which need none.
 */
export const walmartConnect: ChannelConnect<WalmartApp> = {
  fields: [
    { name: "clientId", label: "Client ID", kind: "text", help: whereKeysAre, optional: true },
    { name: "clientSecret", label: "Client secret", kind: "secret", optional: true },
    {
      name: "shipNode",
      label: "Fulfilment centre ID",
      kind: "text",
      help: "Only where you have several: the one whose stock is kept here.",
      optional: true,
    },
  ],
  needsNoConsent: (values) => ownKeys(values) !== null,
  authorizeUrl({ state, redirectUrl }, app) {
    const keys = providerKeys(app);
    if (!keys) throw rejection("Fill in the client ID and the client secret of your API keys.");
    const query = new URLSearchParams({
      responseType: "code",
      clientId: keys.clientId,
      redirectUri: redirectUrl,
      clientType: "seller",
      nonce: randomUUID(),
      state,
    });
    return `${app.WALMART_LOGIN_URL}/authorize?${query}`;
  },
  async complete(grant, context) {
    const opening = openingOf(grant);
    const { client, refreshToken } = await signInWith(context, opening);
    const profile = orThrow(await readProfile(client, context.signal));
    const nodes = await readShipNodes(client, context.signal);
    const { shipNode, warnings } = chosenNode(nodes, grant.values["shipNode"]?.trim() ?? "");
    const sellerId = opening.by === "keys" ? null : opening.sellerId;
    return [
      toAccount(profile.partner, {
        secrets: secretsOf(opening, refreshToken),
        settings: { shipNode, sellerId },
        warnings,
      }),
    ];
  },
};

type Opening = Extract<WalmartGrant, { by: "keys" | "code" }>;

/** Null where the seller did not give both. */
function ownKeys(values: Readonly<Record<string, string>>): Opening | null {
  const clientId = values["clientId"]?.trim() ?? "";
  const clientSecret = values["clientSecret"]?.trim() ?? "";
  return clientId === "" || clientSecret === "" ? null : { by: "keys", clientId, clientSecret };
}

function openingOf({ values, returned, redirectUrl }: ConnectGrant): Opening {
  const keys = ownKeys(values);
  if (keys) return keys;
  const { code, sellerId, error } = returned;
  if (code && sellerId) return { by: "code", code, sellerId, redirectUrl };
  const said = error ? ` It said: ${error.slice(0, 100)}` : "";
  throw rejection(`Walmart gave no access to the account. Try again.${said}`);
}

async function signInWith(
  context: ConnectContext<WalmartApp>,
  opening: Opening,
): Promise<SignedIn> {
  try {
    return await signIn(context, opening);
  } catch (error) {
    if (!(error instanceof ChannelFault) || error.fault.kind !== "revoked") throw error;
    const { code } = error.fault;
    const refused =
      opening.by === "keys"
        ? "Walmart does not accept this client ID and secret."
        : "Walmart does not accept the consent any more. Try again.";
    throw rejection(`${refused} It said: ${code ?? "no"}`, code);
  }
}

function secretsOf(opening: Opening, refreshToken: string | null): WalmartSecrets {
  if (opening.by === "keys") {
    return { clientId: opening.clientId, clientSecret: opening.clientSecret };
  }
  if (refreshToken !== null) return { refreshToken };
  const message = "Walmart's answer to the consent holds no refresh token.";
  throw new ChannelFault({ kind: "unexpected", message });
}

function readProfile(client: WalmartClient, signal: AbortSignal) {
  const path = "/v3/settings/partnerprofile";
  return client.call(
    { operation: "getSettings", method: "GET", path, schema: partnerProfile },
    signal,
  );
}

/** Null: Walmart does not tell these keys (403), or the account has none of its own. */
async function readShipNodes(
  client: WalmartClient,
  signal: AbortSignal,
): Promise<readonly WalmartShipNode[] | null> {
  const path = "/v3/settings/shipping/shipnodes";
  const answer = await client.call(
    { operation: "getSettings", method: "GET", path, schema: shipNodesAnswer },
    signal,
  );
  const isUntold =
    !answer.ok && (answer.fault.kind === "revoked" || answer.fault.kind === "unknown-listing");
  return isUntold ? null : orThrow(answer);
}

function toAccount(
  partner: {
    readonly partnerId: string;
    readonly partnerDisplayName?: string | null | undefined;
    readonly partnerName?: string | null | undefined;
  },
  opened: {
    readonly secrets: WalmartSecrets;
    readonly settings: WalmartSettings;
    readonly warnings: readonly string[];
  },
): ConnectedAccount {
  const name = partner.partnerDisplayName || partner.partnerName || "seller";
  return {
    accountId: partner.partnerId,
    marketplace: "",
    label: `Walmart, ${name} (${partner.partnerId})`,
    settings: opened.settings,
    secrets: opened.secrets,
    warnings: [
      ...opened.warnings,
      "Orders are acknowledged at Walmart as soon as they are read: it wants that within four hours.",
    ],
  };
}

function orThrow<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new ChannelFault(answer.fault);
  return answer.value;
}

function rejection(message: string, code?: string): ChannelFault {
  return new ChannelFault({
    kind: "rejected",
    message,
    ...(code === undefined ? {} : { code }),
  });
}
