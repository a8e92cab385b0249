import { z } from "zod";

const baseUrl = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials and address, from environment variables of these names. */
export const flipkartApp = z.object({
  /** https://api.flipkart.net, https://sandbox-api.flipkart.net, or a simulator's address. */
  FLIPKART_API_URL: baseUrl,
  FLIPKART_APP_ID: z.string().min(1),
  FLIPKART_APP_SECRET: z.string().min(1),
  /**
   * `third-party`: each seller consents on Flipkart's page. `own`: the app id is a seller's own "self access"
   * application and opens that seller's account to whoever connects; for an installation of one shop only.
   */
  FLIPKART_ACCESS: z.enum(["third-party", "own"]).default("third-party"),
});

/** Locations of one connection; a seller has a handful of warehouses. */
const locationsMax = 50;
/** Days a self-shipped parcel is promised to take, at most. */
const deliveryDaysMax = 60;

/** Per connection. */
export const flipkartSettings = z.object({
  /**
   * The seller's locations whose stock we write ("LOC9e98…"). The first one gets the number, the others 0: buyers are
   * shown the sum. Locations that are not named here are left as they are, and their orders move no stock of ours.
   */
  locationIds: z.array(z.string().min(1)).min(1).max(locationsMax),
  /** Days from dispatch to the delivery date that Flipkart demands with a self-shipped parcel. */
  deliveryDays: z.number().int().min(1).max(deliveryDaysMax).default(7),
});

/** Per connection, encrypted at rest. The refresh token lives 180 days; own access needs none. */
export const flipkartSecrets = z.union([
  z.object({ refreshToken: z.string().min(1) }),
  z.object({ access: z.literal("own") }),
]);

export type FlipkartApp = z.infer<typeof flipkartApp>;
export type FlipkartSettings = z.infer<typeof flipkartSettings>;
export type FlipkartSecrets = z.infer<typeof flipkartSecrets>;
