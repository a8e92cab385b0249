import { z } from "zod";
import { siteAddressOf } from "./site-address.ts";

/** Every shop is a server of its own: the app holds no credentials for WooCommerce at large. */
export const wooApp = z.object({});

/** Per connection. */
export const wooSettings = z.object({
  /** Where WordPress answers: "https://shop.example.com", "https://example.com/shop". */
  siteUrl: z
    .string()
    .refine((text) => siteAddressOf(text) !== null, "must be an https address")
    .transform((text) => siteAddressOf(text) ?? text),
  /** What the shop sells in, ISO 4217; absent where the keys may not read the shop's settings: no prices then. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
});

/** Per connection, encrypted at rest. They belong to a WordPress user and end with it. */
export const wooSecrets = z.object({
  consumerKey: z.string().min(1),
  consumerSecret: z.string().min(1),
});

export type WooApp = z.infer<typeof wooApp>;
export type WooSettings = z.infer<typeof wooSettings>;
export type WooSecrets = z.infer<typeof wooSecrets>;
