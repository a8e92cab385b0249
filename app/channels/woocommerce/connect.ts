import {
  ChannelFault,
  type ChannelConnect,
  type ConnectContext,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import type { FaultKind } from "#app/domain/propagation/faults.ts";
import { openSite, readSiteIndex, type WooClient } from "./client.ts";
import type { WooApp, WooSecrets } from "./config.ts";
import { siteAddressOf } from "./site-address.ts";
import { currencyAnswer, keyPair, settingAnswer } from "./wire.ts";

/** What merchants see on WordPress's consent page. */
const appName = "Lockstep";
/** A clock further off than this is worth a word: times of orders come from it. */
const clockSkewMsMax = 5 * 60_000;

/**
 * WordPress asks the merchant and posts a pair of keys to our address, with the one-time state as `user_id`: nothing
 * signs that post, so the keys are tried before they are believed. Keys that the merchant made by hand and pasted
 * need no consent page.
 */
export const wooConnect: ChannelConnect<WooApp> = {
  fields: [
    {
      name: "siteUrl",
      label: "Address of your shop",
      kind: "url",
      help: "The address in front of /shop, for example https://shop.example.com.",
    },
    {
      name: "consumerKey",
      label: "Consumer key",
      kind: "text",
      optional: true,
      help: "Only if you make keys yourself: WooCommerce → Settings → Advanced → REST API, with read and write access.",
    },
    { name: "consumerSecret", label: "Consumer secret", kind: "secret", optional: true },
  ],
  needsNoConsent: (values) => keyPair.safeParse(pastedKeys(values)).success,
  handsOver: true,
  stateParameter: "user_id",

  authorizeUrl({ state, redirectUrl, handOverUrl, values }) {
    const query = new URLSearchParams({
      app_name: appName,
      scope: "read_write",
      user_id: state,
      return_url: redirectUrl,
      callback_url: handOverUrl,
    });
    return `${siteOf(values)}/wc-auth/v1/authorize?${query.toString()}`;
  },

  async complete(grant, context) {
    const siteUrl = siteOf(grant.values);
    const secrets = secretsOf(grant);
    const { http, signal } = context;
    const told = await readSiteIndex({ http, siteUrl }, signal);
    const namespaces = told?.index.namespaces ?? [];
    if (namespaces.length > 0 && !namespaces.includes("wc/v3")) {
      throw rejection("This is a WordPress site without WooCommerce. Is the plugin active?");
    }
    const client = await open({ siteUrl, secrets }, context);
    const { currency, warnings } = await readShop(client, signal);
    const accountId = accountIdOf(told?.index.home ?? "", siteUrl);
    const account: ConnectedAccount = {
      accountId,
      marketplace: "",
      label: `${told?.index.name.trim() || "WooCommerce"}, ${accountId}`,
      settings: { siteUrl, ...(currency !== undefined && { currency }) },
      secrets,
      warnings: [...warnings, ...clockWarnings(told?.dateMs ?? null, context.now())],
    };
    return [account];
  },
};

/** The address WordPress has for itself, however the merchant wrote it. */
function accountIdOf(home: string, siteUrl: string): string {
  return (siteAddressOf(home) ?? siteUrl).replace(/^https?:\/\//, "");
}

function clockWarnings(dateMs: number | null, now: Date): readonly string[] {
  if (dateMs === null || Math.abs(dateMs - now.getTime()) <= clockSkewMsMax) return [];
  return ["The shop's clock is wrong by more than five minutes."];
}

function rejection(message: string): ChannelFault {
  return new ChannelFault({ kind: "rejected", message });
}

function siteOf(values: Readonly<Record<string, string>>): string {
  const siteUrl = siteAddressOf(values["siteUrl"] ?? "");
  if (siteUrl !== null) return siteUrl;
  throw rejection(
    "This address cannot be used. It begins with https:// and names your shop, for example https://shop.example.com.",
  );
}

/** Handed over by WordPress, or pasted. */
function secretsOf({ returned, values }: ConnectGrant): WooSecrets {
  const handed = keyPair.safeParse(returned);
  const read = handed.success ? handed : keyPair.safeParse(pastedKeys(values));
  if (!read.success) {
    const isRefusal = returned["success"] === "0";
    throw rejection(
      isRefusal
        ? "You did not give Lockstep access to the shop."
        : "The shop sent no keys. Try again, or make keys in WooCommerce and paste both here.",
    );
  }
  const {
    consumer_key: consumerKey,
    consumer_secret: consumerSecret,
    key_permissions: may,
  } = read.data;
  if (may !== undefined && may !== "read_write") {
    throw rejection("The shop gave keys that may not both read and write.");
  }
  return { consumerKey, consumerSecret };
}

function pastedKeys(values: Readonly<Record<string, string>>): unknown {
  return { consumer_key: values["consumerKey"], consumer_secret: values["consumerSecret"] };
}

/** @throws ChannelFault `rejected` where the keys are not accepted */
async function open(
  site: { readonly siteUrl: string; readonly secrets: WooSecrets },
  { http, signal }: ConnectContext<WooApp>,
): Promise<WooClient> {
  try {
    return await openSite({ http, siteUrl: site.siteUrl }, site.secrets, signal);
  } catch (error) {
    if (!(error instanceof ChannelFault) || error.fault.kind !== "revoked") throw error;
    const [, said] = error.fault.message.split(" It said: ");
    const words = said === undefined ? "" : ` It said: ${said}`;
    throw rejection(`The shop does not accept these keys.${words}`);
  }
}

/** Faults of keys that may not read the shop's settings, and of shops that lack one. */
const mayNotRead: ReadonlySet<FaultKind> = new Set([
  "unauthorised",
  "revoked",
  "locked",
  "rejected",
  "unexpected",
]);

/** What we must know of the shop, and what the merchant should know; keys of a weaker user may not read all of it. */
async function readShop(
  client: WooClient,
  signal: AbortSignal,
): Promise<{ readonly currency: string | undefined; readonly warnings: readonly string[] }> {
  const get = (path: string) => ({ method: "GET" as const, path });
  const currency = await client.call(get("/wc/v3/data/currencies/current"), currencyAnswer, signal);
  const counts = await client.call(
    get("/wc/v3/settings/products/woocommerce_manage_stock"),
    settingAnswer,
    signal,
  );
  for (const answer of [currency, counts]) {
    if (!answer.ok && !mayNotRead.has(answer.fault.kind)) throw new ChannelFault(answer.fault);
  }
  const warnings = [
    ...(currency.ok
      ? []
      : ["These keys may not read the shop's currency: prices are neither shown nor set."]),
    ...(counts.ok && counts.value.value === "no"
      ? [
          "Stock management is off in WooCommerce (Settings → Products → Inventory): no number will take effect.",
        ]
      : []),
  ];
  return { currency: currency.ok ? currency.value.code : undefined, warnings };
}
