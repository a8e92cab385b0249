import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import { codeExchangeUrl, readExchange } from "./auth.ts";
import { readAnswer, send, type Call, type Line } from "./client-call.ts";
import { warehousesCall } from "./client-shop.ts";
import { tiktokShopSettings, type TiktokShopApp } from "./config.ts";
import { PlatformClock } from "./platform-clock.ts";
import {
  shopsData,
  warehousesData,
  type AuthorisedShop,
  type TokenData,
  type Warehouse,
} from "./wire-account.ts";

type Context = ConnectContext<TiktokShopApp>;

/** Shops of one authorisation that are looked at; a cross-border seller has one per country. */
const shopsMax = 50;
/** What `user_type` says of a seller; creators and partners sign in through the same page. */
const sellerType = 0;

/** Scopes of the calls we make (`scope` in specs/tiktok/endpoints), and what is missing without them. */
const neededScopes: Readonly<Record<string, string>> = {
  "seller.authorization.info": "events are not announced",
  "seller.product.basic": "listings cannot be read",
  "seller.product.write": "quantities and prices cannot be written",
  "seller.order.info": "orders cannot be read",
  "seller.fulfillment.basic": "shipments cannot be reported",
  "seller.logistics": "warehouses cannot be read",
  "seller.return_refund.basic": "cancelled single units are seen late",
};

/** Signing in at TikTok Shop: its consent page per market, the code it brings back, one account per authorised shop. */
export const tiktokShopConnect: ChannelConnect<TiktokShopApp> = {
  fields: [
    {
      name: "market",
      label: "Where the shop sells",
      kind: "choice",
      options: [
        { value: "US", label: "United States" },
        { value: "other", label: "Any other market" },
      ],
      help: "US shops sign in at an address of their own.",
    },
    {
      name: "whenZeroRefused",
      label: "If TikTok refuses to show 0",
      kind: "choice",
      options: [
        { value: "tell", label: "Tell me" },
        { value: "deactivate", label: "Deactivate the product" },
      ],
      help: "A deactivated product is reviewed by TikTok before it comes back: minutes to days.",
      optional: true,
    },
  ],
  /** TikTok comes back to the address on the app's page in the Partner Center; `redirect_uri` tells simulators which. */
  authorizeUrl({ state, redirectUrl, values }, app) {
    const isUs = values["market"] === "US";
    const { TIKTOK_SHOP_SERVICE_ID: serviceId } = app;
    const page = serviceId
      ? new URL(isUs ? app.TIKTOK_SHOP_AUTHORIZE_URL_US : app.TIKTOK_SHOP_AUTHORIZE_URL)
      : new URL(`${app.TIKTOK_SHOP_AUTH_URL}/oauth/authorize`);
    if (serviceId) page.searchParams.set("service_id", serviceId);
    else page.searchParams.set("app_key", app.TIKTOK_SHOP_APP_KEY);
    page.searchParams.set("state", state);
    page.searchParams.set("redirect_uri", redirectUrl);
    return page.toString();
  },
  complete,
};

async function complete(
  grant: ConnectGrant,
  context: Context,
): Promise<readonly [ConnectedAccount, ...ConnectedAccount[]]> {
  const token = await exchange(codeOf(grant, context.app), context);
  const shops = await authorisedShops(context, token);
  const accounts: ConnectedAccount[] = [];
  for (const shop of shops) {
    const warehouses = await warehousesOf(context, token, shop);
    const account = accountOf({ shop, warehouses, token, values: grant.values });
    if (account) accounts.push(account);
  }
  const [first, ...others] = accounts;
  if (first) return [first, ...others];
  throw refused("The TikTok shop has no sales warehouse. Set one up in Seller Center first.");
}

/** @throws ChannelFault `rejected` when the seller refused, or another app's consent came back */
function codeOf({ returned }: ConnectGrant, app: TiktokShopApp): string {
  const { code, app_key: appKey, error } = returned;
  if (!code) {
    const why = error ? ` (${error.slice(0, 60)})` : "";
    throw refused(`TikTok Shop brought no authorisation back${why}. Start again and approve it.`);
  }
  if (appKey !== undefined && appKey !== app.TIKTOK_SHOP_APP_KEY) {
    throw refused("TikTok Shop brought back an authorisation for another app. Start again.");
  }
  return code;
}

async function exchange(code: string, context: Context): Promise<TokenData> {
  const answer = await context.http.send({
    operation: "token",
    method: "GET",
    url: codeExchangeUrl(context.app, code),
    headers: { "content-type": "application/json" },
    signal: context.signal,
  });
  const token = readExchange(answer);
  if ((token.user_type ?? sellerType) === sellerType) return token;
  throw refused("This is not a seller's account at TikTok Shop. Sign in with the shop's own.");
}

async function authorisedShops(
  context: Context,
  token: TokenData,
): Promise<readonly AuthorisedShop[]> {
  const call: Call = {
    operation: "getShops",
    method: "GET",
    path: "/authorization/202309/shops",
  };
  const { shops } = await ask(context, null, call, shopsData, token);
  if (shops?.length) return shops.slice(0, shopsMax);
  throw refused("This TikTok seller has authorised no shop. Start again and choose one.");
}

async function warehousesOf(
  context: Context,
  token: TokenData,
  shop: AuthorisedShop,
): Promise<readonly Warehouse[]> {
  const { warehouses } = await ask(context, shop.cipher, warehousesCall, warehousesData, token);
  return warehouses ?? [];
}

/** @throws ChannelFault when TikTok refuses */
async function ask<T>(
  { app, http, now, signal }: Context,
  shopCipher: string | null,
  call: Call,
  schema: Parameters<typeof readAnswer<T>>[1],
  token: TokenData,
): Promise<T> {
  const line: Line = { app, http, clock: new PlatformClock(now), shopCipher };
  const { access_token: accessToken } = token;
  const answer = readAnswer(await send(line, call, accessToken, signal), schema, accessToken);
  if (answer.ok) return answer.value;
  throw new ChannelFault(answer.fault);
}

interface Granted {
  readonly shop: AuthorisedShop;
  readonly warehouses: readonly Warehouse[];
  readonly token: TokenData;
  readonly values: ConnectGrant["values"];
}

/** The shop as a connection; null without a warehouse to fill. All shops of one consent carry the same secrets. */
function accountOf({ shop, warehouses, token, values }: Granted): ConnectedAccount | null {
  const sales = warehouses.filter(({ type }) => type === "SALES_WAREHOUSE");
  const enabled = sales.filter((warehouse) => warehouse.effect_status === "ENABLED");
  const candidates = enabled.length > 0 ? enabled : sales;
  const filled = candidates.find((warehouse) => warehouse.is_default) ?? candidates[0];
  if (!filled) return null;
  const region = shop.region ?? undefined;
  const name = shop.name || shop.id;
  const settings = tiktokShopSettings.parse({
    shopCipher: shop.cipher,
    warehouseId: filled.id,
    region,
    sellerType: shop.seller_type ?? "LOCAL",
    ...(values["whenZeroRefused"] && { whenZeroRefused: values["whenZeroRefused"] }),
  });
  return {
    accountId: shop.id,
    marketplace: "",
    label: region ? `TikTok Shop ${region}, ${name}` : `TikTok Shop, ${name}`,
    settings,
    secrets: { refreshToken: token.refresh_token },
    warnings: warningsOf(filled, sales, token),
  };
}

function warningsOf(
  filled: Warehouse,
  sales: readonly Warehouse[],
  { granted_scopes: granted }: TokenData,
): readonly string[] {
  const name = filled.name || filled.id;
  const missing = Object.entries(neededScopes).filter(
    ([scope]) => granted && !granted.includes(scope),
  );
  return [
    ...(filled.effect_status === "ENABLED"
      ? []
      : [`The warehouse ${name} is closed at TikTok (holiday mode or a limit): nothing sells.`]),
    ...(sales.length > 1
      ? [`Lockstep fills the warehouse ${name}; listings in others as well show 0 there.`]
      : []),
    ...missing.map(([scope, effect]) => `Not granted: ${scope}, so ${effect}.`),
  ];
}

function refused(message: string): ChannelFault {
  return new ChannelFault({ kind: "rejected", message });
}
