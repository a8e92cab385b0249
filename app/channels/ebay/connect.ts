import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import { scopesOf } from "./auth.ts";
import { createClient, exchangeCode, type EbayClient } from "./client.ts";
import type { EbayApp } from "./config.ts";
import { marketplaceOf, marketplaces, type Marketplace } from "./marketplaces.ts";
import { preferencesAnswer } from "./trading-wire.ts";
import { userAnswer } from "./wire.ts";

/** eBay's sign-in (channels.md 4.1): consent page, code, tokens, and whose they are. */
export const ebayConnect: ChannelConnect<EbayApp> = {
  fields: [
    {
      name: "marketplace",
      label: "eBay site",
      kind: "choice",
      options: marketplaces.map(({ id, label }) => ({ value: id, label })),
      help: "Where your listings are. Connect once more for another site.",
    },
  ],

  authorizeUrl({ state, redirectUrl, values }, app) {
    chosenMarketplace(values);
    const query = new URLSearchParams({
      client_id: app.EBAY_CLIENT_ID,
      redirect_uri: returnNameOf(app, redirectUrl),
      response_type: "code",
      state,
      scope: scopesOf(app).join(" "),
    });
    return `${app.EBAY_AUTHORIZE_URL}?${query}`;
  },

  async complete(grant, context) {
    const site = chosenMarketplace(grant.values);
    const { code, error } = grant.returned;
    if (!code) throw new ChannelFault(refusal(error));
    const returnName = returnNameOf(context.app, grant.redirectUrl);
    // The browser's query was decoded when it was read: once, as eBay wants it.
    const tokens = await exchangeCode(context, { code, returnName }, context.signal);
    if (tokens.refreshToken === undefined) {
      throw new ChannelFault({
        kind: "unexpected",
        message: "eBay gave no lasting access. Connect again.",
      });
    }
    const client = clientOf(context, site, tokens.accessToken);
    const account = await readAccount(client, context.signal);
    const warnings = await readWarnings(client, context.signal);
    return [
      {
        ...account,
        marketplace: site.id,
        label: `eBay ${site.label}, ${account.accountId}`,
        settings: { marketplaceId: site.id, contentLanguage: site.language },
        secrets: { refreshToken: tokens.refreshToken },
        ...(warnings.length > 0 && { warnings }),
      },
    ];
  },
};

function chosenMarketplace(values: ConnectGrant["values"]): Marketplace {
  const site = marketplaceOf(values["marketplace"] ?? "");
  if (site) return site;
  throw new ChannelFault({ kind: "rejected", message: "Choose the eBay site to connect." });
}

/** eBay takes the name it gave to our address; a simulator, which gives none, the address. */
function returnNameOf(app: EbayApp, redirectUrl: string): string {
  return app.EBAY_RU_NAME ?? redirectUrl;
}

/** A merchant who says no comes back with `error`, as OAuth has it, or with nothing at all. */
function refusal(error: string | undefined) {
  const kind = "rejected" as const;
  const isDenied = error === undefined || error === "access_denied";
  const why = isDenied ? "Access was not allowed at eBay." : "eBay did not complete the sign-in.";
  const code = error !== undefined && /^[a-z_]{1,40}$/.test(error) ? { code: error } : {};
  return { kind, message: `${why} Connect again when you want to.`, ...code };
}

/** A client before there is a connection: one token, which nothing renews. */
function clientOf(
  { app, http, now }: ConnectContext<EbayApp>,
  site: Marketplace,
  accessToken: string,
): EbayClient {
  return createClient({
    ...{ app, http, now },
    settings: { marketplaceId: site.id, contentLanguage: site.language },
    tokens: {
      accessToken: () => Promise.resolve(accessToken),
      discard: () => Promise.resolve(),
    },
  });
}

/** Whose account it is. Events name it in the same way (`webhooks.ts`). @throws ChannelFault */
async function readAccount(
  client: EbayClient,
  signal: AbortSignal,
): Promise<Pick<ConnectedAccount, "accountId">> {
  const path = "/commerce/identity/v1/user/";
  const call = { operation: "getUser", method: "GET", path, at: "identity" } as const;
  const answer = await client.rest(call, userAnswer, signal);
  if (!answer.ok) throw new ChannelFault(answer.fault);
  const accountId = answer.value.username ?? answer.value.userId;
  if (accountId) return { accountId };
  throw new ChannelFault({
    kind: "unexpected",
    message: "eBay did not say whose account this is.",
  });
}

/** What the merchant should know. A question that eBay does not answer is a warning of its own. */
async function readWarnings(client: EbayClient, signal: AbortSignal): Promise<string[]> {
  const call = {
    name: "GetUserPreferences",
    content: "<ShowOutOfStockControlPreference>true</ShowOutOfStockControlPreference>",
  };
  const answer = await client.trading(call, preferencesAnswer, signal);
  if (!answer.ok) {
    return [
      "eBay did not say whether out-of-stock control is on. Without it, a quantity of 0 ends a listing.",
    ];
  }
  if (answer.value.OutOfStockControlPreference === "true") return [];
  return [
    "Out-of-stock control is off: at 0 eBay ends a listing for good. Switch it on in My eBay, under Site Preferences.",
  ];
}
