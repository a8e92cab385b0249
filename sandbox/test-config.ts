import type { SandboxConfig } from "./config.ts";

/** Fixed credentials for tests that start a sandbox in their own process. They open nothing else. */
export const testSandboxConfig: SandboxConfig = {
  appUrl: null,
  shopify: { apiKey: "test-shopify-key", apiSecret: "test-shopify-secret" },
  amazon: {
    clientId: "amzn1.application-oa2-client.test",
    clientSecret: "test-lwa-secret",
    sqsAccessKeyId: "AKIATESTSANDBOX",
    sqsSecretAccessKey: "test-sqs-secret",
    sqsRegion: "us-east-1",
  },
  ebay: { clientId: "test-ebay-client", clientSecret: "test-ebay-secret" },
  tiktok: { appKey: "testkey01", appSecret: "testsecret01" },
  latencyMs: 0,
  skus: 8,
  stock: 60,
  stateFile: null,
};
