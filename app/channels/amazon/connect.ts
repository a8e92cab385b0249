import {
  ChannelFault,
  type AuthorizeRequest,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectField,
  type ConnectGrant,
  type TokenSource,
} from "../contract.ts";
import { exchangeAmazonCode } from "./auth.ts";
import { createAmazonClient } from "./client.ts";
import type { AmazonApp, AmazonSecrets, AmazonSettings } from "./config.ts";
import {
  marketplaceOf,
  marketplaces,
  regionNames,
  regions,
  regionSellerCentral,
  type Region,
} from "./marketplaces.ts";
import { participationsAnswer, type Participation } from "./wire-account.ts";

const consentPath = "/apps/authorize/consent";
/** Stores of Amazon itself; "Non-Amazon" and invoicing marketplaces stand in the same list. */
const storeDomain = /^www\.amazon\.[a-z.]+$/;

const fields: readonly ConnectField[] = [
  {
    name: "region",
    label: "Where you sell",
    kind: "choice",
    options: regions.map((value) => ({ value, label: regionNames[value] })),
    help: "One consent opens all of your stores in this region.",
  },
  {
    name: "country",
    label: "Seller Central you sign in to",
    kind: "choice",
    optional: true,
    options: marketplaces.map(({ country, domain }) => ({ value: country, label: domain })),
    help: "Needed only where your country has a Seller Central of its own, such as Australia.",
  },
];

/** Website authorisation of the Selling Partner API: consent in Seller Central, a code back, tokens for it. */
export const amazonConnect: ChannelConnect<AmazonApp> = { fields, authorizeUrl, complete };

function authorizeUrl(request: AuthorizeRequest, app: AmazonApp): string {
  const region = regionOf(request.values);
  const { applicationId, draft } = app.consent;
  if (applicationId === null) {
    throw refusal("This installation has no Amazon application id (AMAZON_APPLICATION_ID).");
  }
  const url = new URL(consentPageOf(app, region, request.values["country"] ?? ""));
  url.searchParams.set("application_id", applicationId);
  url.searchParams.set("state", request.state);
  url.searchParams.set("redirect_uri", request.redirectUrl);
  if (draft) url.searchParams.set("version", "beta");
  return url.toString();
}

function consentPageOf(app: AmazonApp, region: Region, country: string): string {
  const chosen = marketplaces.find((marketplace) => marketplace.country === country);
  if (country !== "" && chosen?.region !== region) {
    throw refusal("This Seller Central belongs to another region.");
  }
  const host = chosen?.sellerCentral ?? regionSellerCentral[region];
  return app.consent.url ?? `https://${host}${consentPath}`;
}

function regionOf(values: Readonly<Record<string, string>>): Region {
  const region = regions.find((one) => one === values["region"]);
  if (!region) throw refusal("Choose where you sell.");
  return region;
}

async function complete(
  grant: ConnectGrant,
  context: ConnectContext<AmazonApp>,
): Promise<readonly [ConnectedAccount, ...ConnectedAccount[]]> {
  const region = regionOf(grant.values);
  const { spapi_oauth_code: code, selling_partner_id: accountId, error } = grant.returned;
  if (!code || !accountId) {
    const said = error ? ` It said: ${error.slice(0, 100)}` : "";
    throw refusal(`Amazon did not give access.${said}`);
  }
  const { redirectUrl } = grant;
  const { accessToken, secrets } = await exchangeAmazonCode(context, { code, redirectUrl });
  const client = createAmazonClient({ ...context, region, tokens: fixedToken(accessToken) });
  const found = await client.call({
    operation: "getMarketplaceParticipations",
    method: "GET",
    path: "/sellers/v1/marketplaceParticipations",
    data: participationsAnswer,
    signal: context.signal,
  });
  if (!found.ok) throw new ChannelFault(found.fault);
  const [first, ...others] = found.data.payload
    .filter((one) => isStore(one, region))
    .map((one) => accountOf(one, { accountId, region, secrets }));
  if (!first) throw refusal("This seller sells in no Amazon store of the chosen region.");
  return [first, ...others];
}

/** The token just given: there is no other, and nothing to renew it with before it is stored. */
function fixedToken(accessToken: string): TokenSource<AmazonSecrets> {
  return {
    accessToken: () => Promise.resolve(accessToken),
    discard: () => Promise.resolve(),
  };
}

function isStore({ marketplace, participation }: Participation, region: Region): boolean {
  if (!participation.isParticipating) return false;
  const known = marketplaceOf(marketplace.id);
  return known ? known.region === region : storeDomain.test(marketplace.domainName);
}

function accountOf(
  { marketplace, participation }: Participation,
  seller: {
    readonly accountId: string;
    readonly region: Region;
    readonly secrets: AmazonSecrets;
  },
): ConnectedAccount {
  const { accountId, region, secrets } = seller;
  const settings: AmazonSettings = { marketplaceId: marketplace.id, region };
  const country = marketplaceOf(marketplace.id)?.country ?? marketplace.countryCode;
  return {
    accountId,
    marketplace: marketplace.id,
    label: `Amazon ${country || marketplace.name}, seller ${accountId}`,
    settings,
    secrets,
    ...(participation.hasSuspendedListings && { warnings: [suspendedSentence] }),
  };
}

const suspendedSentence =
  "Your listings are inactive in this store: quantities are taken, and buyers see nothing until you activate them.";

function refusal(message: string): ChannelFault {
  return new ChannelFault({ kind: "rejected", message });
}
