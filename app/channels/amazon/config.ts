import { z } from "zod";
import { regions, type Region } from "./marketplaces.ts";

const text = z.string().min(1);
const address = z.url().transform((url) => url.replace(/\/+$/, ""));

/** The app's own credentials. Addresses are set for simulators; unset, they are Amazon's own. */
export const amazonApp = z
  .object({
    /** North America's, and every region's that has none of its own. */
    AMAZON_SP_API_URL: address.optional(),
    AMAZON_SP_API_URL_EU: address.optional(),
    AMAZON_SP_API_URL_FE: address.optional(),
    AMAZON_LWA_URL: address.default("https://api.amazon.com"),
    AMAZON_LWA_CLIENT_ID: text,
    AMAZON_LWA_CLIENT_SECRET: text,
    /** "amzn1.sp.solution.…": names the app on Amazon's consent page; without it no account can be connected. */
    AMAZON_APPLICATION_ID: text.optional(),
    /** "yes" while Amazon has not published the app: its consent page wants to be told. */
    AMAZON_APPLICATION_DRAFT: z.enum(["yes", "no"]).default("no"),
    /** The consent page of all regions; unset: Seller Central of the merchant's country. */
    AMAZON_CONSENT_URL: address.optional(),
    /** Endpoint of SQS; unset: AWS's own in the region. */
    AMAZON_SQS_URL: z.url().optional(),
    AMAZON_SQS_QUEUE_URL: z.url(),
    AMAZON_SQS_REGION: text.default("us-east-1"),
    AMAZON_SQS_ACCESS_KEY_ID: text,
    AMAZON_SQS_SECRET_ACCESS_KEY: text,
  })
  .transform((variables) => ({
    apiUrls: {
      na: apiUrl("na", variables.AMAZON_SP_API_URL),
      eu: apiUrl("eu", variables.AMAZON_SP_API_URL_EU ?? variables.AMAZON_SP_API_URL),
      fe: apiUrl("fe", variables.AMAZON_SP_API_URL_FE ?? variables.AMAZON_SP_API_URL),
    },
    tokenUrl: `${variables.AMAZON_LWA_URL}/auth/o2/token`,
    clientId: variables.AMAZON_LWA_CLIENT_ID,
    clientSecret: variables.AMAZON_LWA_CLIENT_SECRET,
    consent: {
      applicationId: variables.AMAZON_APPLICATION_ID ?? null,
      draft: variables.AMAZON_APPLICATION_DRAFT === "yes",
      url: variables.AMAZON_CONSENT_URL ?? null,
    },
    queue: {
      endpoint: variables.AMAZON_SQS_URL ?? null,
      url: variables.AMAZON_SQS_QUEUE_URL,
      region: variables.AMAZON_SQS_REGION,
      accessKeyId: variables.AMAZON_SQS_ACCESS_KEY_ID,
      secretAccessKey: variables.AMAZON_SQS_SECRET_ACCESS_KEY,
    },
  }));
export type AmazonApp = z.infer<typeof amazonApp>;

function apiUrl(region: Region, given: string | undefined): string {
  return given ?? `https://sellingpartnerapi-${region}.amazon.com`;
}

export const amazonSettings = z.object({
  marketplaceId: text,
  /** A refresh token belongs to one seller in one region. */
  region: z.enum(regions),
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

/**
 * A published bucket less one token: calls can reach Amazon closer together than they left, and the last token of a
 * bucket that is used to the brim is then not there yet.
 */
function published(ratePerSecond: number, burst: number) {
  return { ratePerSecond, burst: Math.max(1, burst - 1) };
}

/**
 * Per seller, application and operation; documented by Amazon (specs/channel-limits.json, and the usage plans in
 * specs/amazon/models). `token`, `download` and `upload` are ours: Login with Amazon and S3 state no limit, and a
 * fault of ours must not hammer them.
 */
export const amazonLimits = {
  patchListingsItem: published(patchRatePerSecond, patchRatePerSecond),
  searchListingsItems: published(5, 5),
  getListingsItem: published(5, 10),
  searchOrders: published(0.0056, 20),
  getOrder: published(0.5, 30),
  confirmShipment: published(2, 10),
  createFeedDocument: published(0.5, 15),
  createFeed: published(0.0083, 15),
  getFeed: published(2, 15),
  cancelFeed: published(2, 15),
  getFeedDocument: published(0.0222, 10),
  createReport: published(0.0167, 15),
  getReports: published(0.0222, 10),
  getReport: published(2, 15),
  getReportDocument: published(0.0167, 15),
  getDestinations: published(1, 5),
  createDestination: published(1, 5),
  getSubscription: published(1, 5),
  createSubscription: published(1, 5),
  deleteSubscription: published(1, 5),
  getMarketplaceParticipations: published(0.016, 15),
  token: { ratePerSecond: 1, burst: 5 },
  download: { ratePerSecond: 10, burst: 40 },
  upload: { ratePerSecond: 1, burst: 5 },
} as const;
export type AmazonOperation = keyof typeof amazonLimits;
