/** One of eBay's sites, as our connections name it. */
export interface Marketplace {
  readonly id: string;
  /** For people. */
  readonly label: string;
  /** X-EBAY-API-SITEID of the Trading API (specs/ebay/trading-inventory.examples.json, siteIds). */
  readonly siteId: number;
  /** What the Trading API calls the site in `Item.Site`. */
  readonly sites: readonly string[];
  /** What its listings are priced in. */
  readonly currency: string;
  /** `Content-Language` of inventory writes. */
  readonly language: string;
  /** Whose /itm/ pages its listings have. */
  readonly host: string;
}

type Row = readonly [
  id: string,
  label: string,
  siteId: number,
  sites: readonly string[],
  currency: string,
  language: string,
  host: string,
];

const rows: readonly Row[] = [
  ["EBAY_US", "United States", 0, ["US", "eBayMotors"], "USD", "en-US", "www.ebay.com"],
  ["EBAY_GB", "United Kingdom", 3, ["UK"], "GBP", "en-GB", "www.ebay.co.uk"],
  ["EBAY_DE", "Germany", 77, ["Germany"], "EUR", "de-DE", "www.ebay.de"],
  ["EBAY_AU", "Australia", 15, ["Australia"], "AUD", "en-AU", "www.ebay.com.au"],
  ["EBAY_CA", "Canada", 2, ["Canada", "CanadaFrench"], "CAD", "en-CA", "www.ebay.ca"],
  ["EBAY_FR", "France", 71, ["France"], "EUR", "fr-FR", "www.ebay.fr"],
  ["EBAY_IT", "Italy", 101, ["Italy"], "EUR", "it-IT", "www.ebay.it"],
  ["EBAY_ES", "Spain", 186, ["Spain"], "EUR", "es-ES", "www.ebay.es"],
  ["EBAY_AT", "Austria", 16, ["Austria"], "EUR", "de-AT", "www.ebay.at"],
  ["EBAY_BE", "Belgium", 123, ["Belgium_Dutch", "Belgium_French"], "EUR", "nl-BE", "www.ebay.be"],
  ["EBAY_NL", "Netherlands", 146, ["Netherlands"], "EUR", "nl-NL", "www.ebay.nl"],
  ["EBAY_CH", "Switzerland", 193, ["Switzerland"], "CHF", "de-CH", "www.ebay.ch"],
  ["EBAY_HK", "Hong Kong", 201, ["HongKong"], "HKD", "zh-HK", "www.ebay.com.hk"],
  ["EBAY_IE", "Ireland", 205, ["Ireland"], "EUR", "en-IE", "www.ebay.ie"],
  ["EBAY_PL", "Poland", 212, ["Poland"], "PLN", "pl-PL", "www.ebay.pl"],
  ["EBAY_SG", "Singapore", 216, ["Singapore"], "SGD", "en-SG", "www.ebay.com.sg"],
];

/** The sites a connection may be for, the largest first. */
export const marketplaces: readonly Marketplace[] = rows.map(
  ([id, label, siteId, sites, currency, language, host]) => ({
    ...{ id, label, siteId, sites, currency, language, host },
  }),
);

const byId = new Map(marketplaces.map((marketplace) => [marketplace.id, marketplace]));

/** The site of this id; undefined for one that is not in the list (settings written by hand). */
export function marketplaceOf(id: string): Marketplace | undefined {
  return byId.get(id);
}

/**
 * Whether something that eBay says belongs to `listed` is a matter of the connection's `own` site. Motors is a part of
 * the US site; where eBay says nothing it is ours.
 */
export function isOnMarketplace(listed: string | null | undefined, own: string): boolean {
  if (!listed) return true;
  return listed === own || (own === "EBAY_US" && listed.startsWith("EBAY_MOTORS"));
}
