import { demoCatalogue, type DemoSku } from "#sandbox/catalogue.ts";
import { readSandboxConfig } from "#sandbox/config.ts";
import { startSandbox, type Sandbox } from "#sandbox/start.ts";
import type { ListingRef } from "./contract.ts";

/** A sandbox of its own for one test file, in this process. */
export interface ConformanceSandbox {
  readonly sandbox: Sandbox;
  readonly skus: readonly DemoSku[];
  /** Addresses and app credentials for every channel's `app` schema. */
  readonly variables: Readonly<Record<string, string>>;
}

const credentials = {
  SHOPIFY_API_KEY: "conformance-api-key",
  SHOPIFY_API_SECRET: "conformance-api-secret",
  AMAZON_LWA_CLIENT_ID: "conformance-client",
  AMAZON_LWA_CLIENT_SECRET: "conformance-client-secret",
  AMAZON_SQS_ACCESS_KEY_ID: "CONFORMANCEACCESSKEY",
  AMAZON_SQS_SECRET_ACCESS_KEY: "conformance-sqs-secret",
  EBAY_CLIENT_ID: "conformance-ebay",
  EBAY_CLIENT_SECRET: "conformance-ebay-secret",
  EBAY_VERIFICATION_TOKEN: "conformance-verification-token-of-32-characters",
  EBAY_WEBHOOK_URL: "http://127.0.0.1:3000/webhooks/ebay",
  TIKTOK_SHOP_APP_KEY: "conformance-tiktok",
  TIKTOK_SHOP_APP_SECRET: "conformance-tiktok-secret",
};

/** Starts it with eight SKUs of sixty units, without faults, on a free port. */
export async function startConformanceSandbox(): Promise<ConformanceSandbox> {
  const { config } = readSandboxConfig({
    NODE_ENV: "test",
    ...credentials,
    SANDBOX_SKUS: "8",
    SANDBOX_STOCK: "60",
  });
  const sandbox = await startSandbox({ config });
  const { url } = sandbox;
  return {
    sandbox,
    skus: demoCatalogue({ skus: 8, stock: 60 }).skus,
    variables: {
      ...credentials,
      SHOPIFY_SIMULATOR_URL: `${url}/shopify`,
      AMAZON_SP_API_URL: `${url}/amazon`,
      AMAZON_LWA_URL: `${url}/amazon/lwa`,
      AMAZON_SQS_URL: `${url}/amazon/sqs`,
      AMAZON_SQS_QUEUE_URL: `${url}/amazon/sqs/000000000000/lockstep`,
      AMAZON_SQS_REGION: "us-east-1",
      EBAY_API_URL: `${url}/ebay`,
      TIKTOK_SHOP_API_URL: `${url}/tiktok-shop`,
      TIKTOK_SHOP_AUTH_URL: `${url}/tiktok-shop/auth`,
    },
  };
}

/** A listing as the seed would write it. */
export function listingOf(code: string, externalIds: Readonly<Record<string, string>>): ListingRef {
  return { listingId: `listing of ${code}`, sku: code, externalIds };
}
