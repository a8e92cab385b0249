import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials at eBay, from environment variables of these names. */
export const ebayApp = z
  .object({
    /** https://api.ebay.com, https://api.sandbox.ebay.com, or a simulator's address. */
    EBAY_API_URL: baseUrl,
    EBAY_CLIENT_ID: z.string().min(1),
    EBAY_CLIENT_SECRET: z.string().min(1),
    /** Ours to choose; eBay allows 32 to 80 of these characters. */
    EBAY_VERIFICATION_TOKEN: z.string().regex(/^[A-Za-z0-9_-]{32,80}$/),
    /** Public address of our webhook door, byte for byte as registered at eBay: it is hashed. */
    EBAY_WEBHOOK_URL: z.url(),
    /** eBay's consent page; the sandbox has one of its own (auth.sandbox.ebay.com). */
    EBAY_AUTHORIZE_URL: baseUrl.default("https://auth.ebay.com/oauth2/authorize"),
    /** What eBay calls our return address (developer portal, "User tokens"). Simulators take the address itself. */
    EBAY_RU_NAME: z.string().min(1).optional(),
    /** Scopes beyond ours that eBay granted this application, by spaces (sell.return.read, sell.cancellation.read). */
    EBAY_EXTRA_SCOPES: z
      .string()
      .regex(/^[A-Za-z0-9:/._ -]*$/)
      .optional(),
    /** eBay writes here when it cannot reach our door; without it there are no notifications (195003). */
    EBAY_ALERT_EMAIL: z.email().optional(),
  })
  .superRefine((app, context) => {
    if (app.EBAY_RU_NAME !== undefined || !isEbay(app.EBAY_API_URL)) return;
    context.addIssue({ code: "custom", path: ["EBAY_RU_NAME"], message: "is missing" });
  });

function isEbay(url: string): boolean {
  return new URL(url).hostname.endsWith(".ebay.com");
}

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

/** Where eBay keeps Identity: a host of its own beside the API's (channels.md 4.1). */
export function identityUrlOf(app: EbayApp): string {
  return app.EBAY_API_URL.replace("://api.", "://apiz.");
}
