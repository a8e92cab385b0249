import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials at Etsy, from environment variables of these names. */
export const etsyApp = z.object({
  /** https://api.etsy.com, or a simulator's address. */
  ETSY_API_URL: baseUrl,
  /** Where the merchant consents. */
  ETSY_AUTHORIZE_URL: z.url().default("https://www.etsy.com/oauth/connect"),
  ETSY_KEYSTRING: z.string().min(1),
  ETSY_SHARED_SECRET: z.string().min(1),
  /** "whsec_…" from the webhook portal, which only apps with commercial access have: left out, orders are polled. */
  ETSY_WEBHOOK_SECRET: z.string().min(1).optional(),
});

/** Per connection; the account id is the shop's. */
export const etsySettings = z.object({
  /** The merchant allows Etsy's listing fee each time a sold-out or expired listing is put back on sale. */
  renewSoldOut: z.boolean().default(false),
});

/** Per connection, encrypted at rest. The refresh token lives 90 days and is replaced by every use. */
export const etsySecrets = z.object({ refreshToken: z.string().min(1) });

export type EtsyApp = z.infer<typeof etsyApp>;
export type EtsySettings = z.infer<typeof etsySettings>;
export type EtsySecrets = z.infer<typeof etsySecrets>;
