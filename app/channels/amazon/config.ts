import { z } from "zod";

const text = z.string().min(1);

/** The app's own credentials. Addresses are set for simulators; unset, they are Amazon's own. */
export const amazonApp = z
  .object({
    AMAZON_SP_API_URL: z.url().optional(),
    AMAZON_LWA_URL: z.url().default("https://api.amazon.com"),
    AMAZON_LWA_CLIENT_ID: text,
    AMAZON_LWA_CLIENT_SECRET: text,
    /** Endpoint of SQS; unset: AWS's own in the region. */
    AMAZON_SQS_URL: z.url().optional(),
    AMAZON_SQS_QUEUE_URL: z.url(),
    AMAZON_SQS_REGION: text.default("us-east-1"),
    AMAZON_SQS_ACCESS_KEY_ID: text,
    AMAZON_SQS_SECRET_ACCESS_KEY: text,
  })
  .transform((variables) => ({
    apiUrl: variables.AMAZON_SP_API_URL?.replace(/\/+$/, "") ?? null,
    tokenUrl: `${variables.AMAZON_LWA_URL.replace(/\/+$/, "")}/auth/o2/token`,
    clientId: variables.AMAZON_LWA_CLIENT_ID,
    clientSecret: variables.AMAZON_LWA_CLIENT_SECRET,
    queue: {
      endpoint: variables.AMAZON_SQS_URL ?? null,
      url: variables.AMAZON_SQS_QUEUE_URL,
      region: variables.AMAZON_SQS_REGION,
      accessKeyId: variables.AMAZON_SQS_ACCESS_KEY_ID,
      secretAccessKey: variables.AMAZON_SQS_SECRET_ACCESS_KEY,
    },
  }));
export type AmazonApp = z.infer<typeof amazonApp>;

export const amazonSettings = z.object({
  marketplaceId: text,
  /** A refresh token belongs to one seller in one region. */
  region: z.enum(["na", "eu", "fe"]),
});
export type AmazonSettings = z.infer<typeof amazonSettings>;

export const amazonSecrets = z.object({ refreshToken: text });
export type AmazonSecrets = z.infer<typeof amazonSecrets>;

/** Amazon grants large sellers more than the published 5 a second; its answers name the rate. */
const patchRatePerSecond = z.coerce
  .number()
  .positive()
  .max(1_000)
  .catch(5)
  .parse(process.env["AMAZON_PATCH_RATE_PER_SECOND"] || 5);

/** Per seller, application and operation; all documented by Amazon (specs/channel-limits.json). */
export const amazonLimits = {
  patchListingsItem: { ratePerSecond: patchRatePerSecond, burst: patchRatePerSecond },
  searchListingsItems: { ratePerSecond: 5, burst: 5 },
  getListingsItem: { ratePerSecond: 5, burst: 10 },
  searchOrders: { ratePerSecond: 0.0056, burst: 20 },
  getOrder: { ratePerSecond: 0.5, burst: 30 },
  /** Login with Amazon states no limit; ours, so that a fault of ours cannot hammer it. */
  token: { ratePerSecond: 1, burst: 5 },
} as const;
export type AmazonOperation = keyof typeof amazonLimits;
