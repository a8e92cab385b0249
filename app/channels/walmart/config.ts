import { z } from "zod";

const address = (production: string) =>
  z
    .url()
    .transform((url) => url.replace(/\/+$/, ""))
    .default(production);

/**
 * The app's own part, from environment variables of these names. None is needed: sellers can bring their own API keys,
 * and the addresses are those of production.
 */
export const walmartApp = z.object({
  /** https://marketplace.walmartapis.com, https://sandbox.walmartapis.com, or a simulator's address. */
  WALMART_API_URL: address("https://marketplace.walmartapis.com"),
  /** Where a seller allows an approved solution provider's app in. */
  WALMART_LOGIN_URL: address("https://login.account.wal-mart.com"),
  /** The app's keys, of an approved solution provider. Without them sellers connect by keys of their own. */
  WALMART_CLIENT_ID: z.string().min(1).optional(),
  WALMART_CLIENT_SECRET: z.string().min(1).optional(),
  /** WM_CONSUMER.CHANNEL.TYPE: the UUID that Walmart gives a solution provider. */
  WALMART_CHANNEL_TYPE: z.string().min(1).optional(),
});

/** Per connection. */
export const walmartSettings = z.object({
  /**
   * The seller's fulfilment centre whose stock we keep. Null where Walmart did not tell one at connect time: the
   * account's default centre is written then.
   */
  shipNode: z.string().min(1).max(100).nullable().default(null),
  /** The seller by the number that Walmart's consent page named; null for a seller with keys of their own. */
  sellerId: z.string().min(1).max(100).nullable().default(null),
});

const ownKeys = z.object({ clientId: z.string().min(1), clientSecret: z.string().min(1) });
const consent = z.object({ refreshToken: z.string().min(1) });

/**
 * Per connection, encrypted at rest: the seller's own API keys from developer.walmart.com, or what their consent gave (a
 * year long).
 */
export const walmartSecrets = z.union([ownKeys, consent]);

export type WalmartApp = z.infer<typeof walmartApp>;
export type WalmartSettings = z.infer<typeof walmartSettings>;
export type WalmartSecrets = z.infer<typeof walmartSecrets>;
