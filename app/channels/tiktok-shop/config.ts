import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials and addresses at TikTok Shop, from environment variables of these names. */
export const tiktokShopApp = z.object({
  /** https://open-api.tiktokglobalshop.com, or a simulator's address. */
  TIKTOK_SHOP_API_URL: baseUrl,
  /** https://auth.tiktok-shops.com, or a simulator's address. */
  TIKTOK_SHOP_AUTH_URL: baseUrl,
  TIKTOK_SHOP_APP_KEY: z.string().min(1),
  TIKTOK_SHOP_APP_SECRET: z.string().min(1),
  /** The consent page for shops outside the US; the app's page in the Partner Center shows it (channels.md 5.1). */
  TIKTOK_SHOP_AUTHORIZE_URL: baseUrl.default("https://services.tiktokshop.com/open/authorize"),
  /** The consent page for US shops. */
  TIKTOK_SHOP_AUTHORIZE_URL_US: baseUrl.default("https://services.tiktokshops.us/open/authorize"),
  /** The app's `service_id` there. Without it the older link by app key is used. */
  TIKTOK_SHOP_SERVICE_ID: z.string().min(1).optional(),
});

/** Per connection. One authorisation may hold several shops: each is a connection with its own cipher. */
export const tiktokShopSettings = z.object({
  shopCipher: z.string().min(1),
  /** The sales warehouse that we fill: where a listing names none, and first among those it names. */
  warehouseId: z.string().min(1),
  /** The shop's market: "US", "GB". Decides how a shipment is reported; found out by trying where it is not known. */
  region: z.string().optional(),
  /** Cross-border sellers set the price that buyers see as `sale_price` (update-price.json). */
  sellerType: z.enum(["LOCAL", "CROSS_BORDER"]).catch("LOCAL").default("LOCAL"),
  /** What happens when TikTok refuses to show 0: tell a person, or take the product off sale, which costs a review. */
  whenZeroRefused: z.enum(["tell", "deactivate"]).default("tell"),
});

/**
 * Per connection, encrypted at rest. Every refresh rotates it. The shops of one authorisation share one refresh token:
 * their connections must share one holder of it, else the first refresh of one locks out the others.
 */
export const tiktokShopSecrets = z.object({ refreshToken: z.string().min(1) });

export type TiktokShopApp = z.infer<typeof tiktokShopApp>;
export type TiktokShopSettings = z.infer<typeof tiktokShopSettings>;
export type TiktokShopSecrets = z.infer<typeof tiktokShopSecrets>;
