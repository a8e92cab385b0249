/** A refresh token, an address and a queue destination belong to one of these. */
export const regions = ["na", "eu", "fe"] as const;
export type Region = (typeof regions)[number];

export const regionNames: Readonly<Record<Region, string>> = {
  na: "North America (US, Canada, Mexico, Brazil)",
  eu: "Europe, Middle East, Africa, India",
  fe: "Far East (Japan, Australia, Singapore)",
};

export interface Marketplace {
  readonly id: string;
  /** ISO 3166 alpha-2, GB for the United Kingdom. */
  readonly country: string;
  readonly region: Region;
  /** ISO 4217: what offers there are priced in. */
  readonly currency: string;
  /** The shop's own host, without "www.". */
  readonly domain: string;
  /** Where its sellers sign in. */
  readonly sellerCentral: string;
}

const europe = "sellercentral-europe.amazon.com";

/** Ids: channels.md 3.1. Seller Central's addresses: Amazon's list of "Seller Central URLs". */
export const marketplaces: readonly Marketplace[] = [
  at("na", "ATVPDKIKX0DER", "US", "USD", "amazon.com"),
  at("na", "A2EUQ1WTGCTBG2", "CA", "CAD", "amazon.ca"),
  at("na", "A1AM78C64UM0Y8", "MX", "MXN", "amazon.com.mx"),
  at("na", "A2Q3Y263D00KWC", "BR", "BRL", "amazon.com.br"),
  at("eu", "A1F83G8C2ARO7P", "GB", "GBP", "amazon.co.uk", europe),
  at("eu", "A1PA6795UKMFR9", "DE", "EUR", "amazon.de", europe),
  at("eu", "A13V1IB3VIYZZH", "FR", "EUR", "amazon.fr", europe),
  at("eu", "APJ6JRA9NG5V4", "IT", "EUR", "amazon.it", europe),
  at("eu", "A1RKKUPIHCS9HS", "ES", "EUR", "amazon.es", europe),
  at("eu", "A1805IZSGTT6HS", "NL", "EUR", "amazon.nl"),
  at("eu", "A2NODRKZP88ZB9", "SE", "SEK", "amazon.se"),
  at("eu", "A1C3SOZRARQ6R3", "PL", "PLN", "amazon.pl"),
  at("eu", "AMEN7PMS3EDWL", "BE", "EUR", "amazon.com.be"),
  at("eu", "A28R8C7NBKEWEA", "IE", "EUR", "amazon.ie"),
  at("eu", "A33AVAJ2PDY3EV", "TR", "TRY", "amazon.com.tr"),
  at("eu", "A2VIGQ35RCS4UG", "AE", "AED", "amazon.ae"),
  at("eu", "A17E79C6D8DWNP", "SA", "SAR", "amazon.sa"),
  at("eu", "ARBP9OOSHTCHU", "EG", "EGP", "amazon.eg"),
  at("eu", "AE08WJ6YKNBMC", "ZA", "ZAR", "amazon.co.za"),
  at("eu", "A21TJRUUN4KGV", "IN", "INR", "amazon.in"),
  at("fe", "A1VC38T7YXB528", "JP", "JPY", "amazon.co.jp"),
  at("fe", "A39IBJ37TRP1C6", "AU", "AUD", "amazon.com.au"),
  at("fe", "A19VAU5U5O7RUS", "SG", "SGD", "amazon.sg"),
];

/** Where a region's sellers sign in unless their country has a Seller Central of its own. */
export const regionSellerCentral: Readonly<Record<Region, string>> = {
  na: "sellercentral.amazon.com",
  eu: europe,
  fe: "sellercentral.amazon.co.jp",
};

const byId = new Map(marketplaces.map((marketplace) => [marketplace.id, marketplace]));

/** The marketplace of this id, or undefined: Amazon opens new ones. */
export function marketplaceOf(id: string): Marketplace | undefined {
  return byId.get(id);
}

function at(
  region: Region,
  id: string,
  country: string,
  currency: string,
  domain: string,
  sellerCentral = `sellercentral.${domain}`,
): Marketplace {
  return { id, country, region, currency, domain, sellerCentral };
}
