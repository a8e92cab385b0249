import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials at eBay, from environment variables of these names. */
export const ebayApp = z.object({
  /** https://api.ebay.com, or a simulator's address. */
  EBAY_API_URL: baseUrl,
  EBAY_CLIENT_ID: z.string().min(1),
  EBAY_CLIENT_SECRET: z.string().min(1),
  /** Ours to choose; eBay allows 32 to 80 of these characters. */
  EBAY_VERIFICATION_TOKEN: z.string().regex(/^[A-Za-z0-9_-]{32,80}$/),
  /** Public address of our webhook door, byte for byte as registered at eBay: it is hashed. */
  EBAY_WEBHOOK_URL: z.url(),
});

/** Per connection. */
export const ebaySettings = z.object({
  /** EBAY_US, EBAY_GB, … */
  marketplaceId: z.string().regex(/^EBAY_[A-Z_]+$/),
  /** eBay demands the header on inventory writes, although a quantity has no language. */
  contentLanguage: z.string().default("en-US"),
});

/** Per connection, encrypted at rest. The refresh token lives 18 months and is not rotated. */
export const ebaySecrets = z.object({ refreshToken: z.string().min(1) });

export type EbayApp = z.infer<typeof ebayApp>;
export type EbaySettings = z.infer<typeof ebaySettings>;
export type EbaySecrets = z.infer<typeof ebaySecrets>;
