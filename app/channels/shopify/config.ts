import { z } from "zod";

/** The Admin API version of every call. Supported to mid-2027; 2026-10 needs no other change here. */
export const shopifyApiVersion = "2026-07";

/** The app's own credentials. `env.server.ts` refuses a simulator that is not on this machine. */
export const shopifyApp = z
  .object({
    SHOPIFY_API_KEY: z.string().min(1),
    SHOPIFY_API_SECRET: z.string().min(1),
    SHOPIFY_API_SECRET_PREVIOUS: z.string().min(1).optional(),
    SHOPIFY_SIMULATOR_URL: z.url().optional(),
  })
  .transform((variables) => ({
    apiKey: variables.SHOPIFY_API_KEY,
    apiSecret: variables.SHOPIFY_API_SECRET,
    /** Signs for up to an hour after the secret was rotated. */
    previousApiSecret: variables.SHOPIFY_API_SECRET_PREVIOUS ?? null,
    simulatorUrl: variables.SHOPIFY_SIMULATOR_URL?.replace(/\/+$/, "") ?? null,
  }));
export type ShopifyApp = z.infer<typeof shopifyApp>;

/** Shopify needs no settings of its own: listings name their locations. */
export const shopifySettings = z.object({});
export type ShopifySettings = z.infer<typeof shopifySettings>;

export const shopifySecrets = z.object({
  refreshToken: z.string().min(1),
  /** When the refresh token itself ends (90 days after each refresh), ISO 8601, where Shopify said so. */
  refreshTokenUntil: z.string().optional(),
});
export type ShopifySecrets = z.infer<typeof shopifySecrets>;

/**
 * One bucket of points per app and shop. Restore rate of the smallest plan and its usual size
 * (shopify.md 3.8); what the answers report corrects it (client.ts `shopifyRateFeedback`).
 */
export const shopifyLimits = {
  graphql: { ratePerSecond: 100, burst: 2_000 },
  /** Not metered by Shopify; ours, so that a fault of ours cannot hammer the sign-in. */
  token: { ratePerSecond: 1, burst: 5 },
  /** Pieces of a bulk query's result, from the storage behind Shopify: not metered; ours. */
  bulkFile: { ratePerSecond: 10, burst: 20 },
} as const;
