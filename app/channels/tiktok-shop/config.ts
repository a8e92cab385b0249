import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials at TikTok Shop, from environment variables of these names. */
export const tiktokShopApp = z.object({
  /** https://open-api.tiktokglobalshop.com, or a simulator's address. */
  TIKTOK_SHOP_API_URL: baseUrl,
  /** https://auth.tiktok-shops.com, or a simulator's address. */
  TIKTOK_SHOP_AUTH_URL: baseUrl,
  TIKTOK_SHOP_APP_KEY: z.string().min(1),
  TIKTOK_SHOP_APP_SECRET: z.string().min(1),
});

/** Per connection. One authorisation may hold several shops: each is a connection with its own cipher. */
export const tiktokShopSettings = z.object({
  shopCipher: z.string().min(1),
  /** The sales warehouse of listings that name none. */
  warehouseId: z.string().min(1),
});

/** Per connection, encrypted at rest. Every refresh rotates it. */
export const tiktokShopSecrets = z.object({ refreshToken: z.string().min(1) });

export type TiktokShopApp = z.infer<typeof tiktokShopApp>;
export type TiktokShopSettings = z.infer<typeof tiktokShopSettings>;
export type TiktokShopSecrets = z.infer<typeof tiktokShopSecrets>;
