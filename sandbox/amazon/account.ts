import { demoAccounts } from "../catalogue.ts";
import { amazonError, type AmazonAnswer } from "./frame.ts";

/** The demo seller and where it sells. */
export const sellerId = demoAccounts.amazon;
export const marketplaceId = demoAccounts.amazonMarketplace;
export const currency = "USD";

/** What is wrong with the marketplaces a call names; null: nothing. */
export function refuseMarketplaces(ids: readonly string[], max = Infinity): AmazonAnswer | null {
  if (ids.length === 0) return amazonError(400, "InvalidInput", "'marketplaceIds' is required.");
  if (ids.length > max) {
    const text = `Too many 'marketplaceIds' values provided. Expected a maximum of ${max}.`;
    return amazonError(400, "InvalidInput", text);
  }
  if (ids.some((id) => id !== marketplaceId)) {
    return amazonError(403, "Unauthorized", "The seller is not active in this marketplace.");
  }
  return null;
}

/** A list of a query, comma-separated, repeated, or both. */
export function listOf(query: URLSearchParams, name: string): string[] {
  return query.getAll(name).flatMap((value) => value.split(",").filter(Boolean));
}

/** specs/amazon/models/sellers.json: the store the demo seller sells in, and others that it does not. */
export function participations(): AmazonAnswer {
  const row = (id: string, country: string, domainName: string, isParticipating: boolean) => ({
    marketplace: {
      id,
      name: domainName.replace(/^www\./, ""),
      countryCode: country,
      defaultCurrencyCode: country === "CA" ? "CAD" : currency,
      defaultLanguageCode: "en_US",
      domainName,
    },
    participation: { isParticipating, hasSuspendedListings: false },
    storeName: "Heron Outfitters",
  });
  return {
    status: 200,
    body: {
      payload: [
        row("A1MQXOICRS2Z7M", "US", "siprod.stores.amazon.com", true),
        row(marketplaceId, "US", "www.amazon.com", true),
        row("A2EUQ1WTGCTBG2", "CA", "www.amazon.ca", false),
      ],
    },
  };
}
