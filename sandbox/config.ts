import { z } from "zod";

/** The app credentials the platforms know, and where the app's door is. */
export interface SandboxConfig {
  /** Where webhooks go, without a trailing slash; null: no app yet, webhooks are dropped as failed. */
  readonly appUrl: string | null;
  readonly shopify: { readonly apiKey: string; readonly apiSecret: string };
  readonly amazon: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly sqsAccessKeyId: string;
    readonly sqsSecretAccessKey: string;
    readonly sqsRegion: string;
  };
  readonly ebay: { readonly clientId: string; readonly clientSecret: string };
  readonly tiktok: { readonly appKey: string; readonly appSecret: string };
  /** Every answer takes at least this long unless a fault says otherwise, milliseconds. */
  readonly latencyMs: number;
  readonly skus: number;
  readonly stock: number;
  readonly stateFile: string | null;
}

const text = z.string().min(1);

/** The sandbox process's variables; names equal the app's where they mean the same. */
export const sandboxVariables = z.object({
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
  SANDBOX_STATE_FILE: text.optional(),
  SANDBOX_APP_URL: z.url().optional(),
  SANDBOX_LATENCY_MS: z.coerce.number().int().min(0).max(60_000).default(0),
  SANDBOX_SKUS: z.coerce.number().int().min(1).max(100_000).default(200),
  SANDBOX_STOCK: z.coerce.number().int().min(0).max(1_000_000).default(60),
  SHOPIFY_API_KEY: text,
  SHOPIFY_API_SECRET: text,
  AMAZON_LWA_CLIENT_ID: text,
  AMAZON_LWA_CLIENT_SECRET: text,
  AMAZON_SQS_ACCESS_KEY_ID: text,
  AMAZON_SQS_SECRET_ACCESS_KEY: text,
  AMAZON_SQS_REGION: text.default("us-east-1"),
  EBAY_CLIENT_ID: text,
  EBAY_CLIENT_SECRET: text,
  TIKTOK_SHOP_APP_KEY: text,
  TIKTOK_SHOP_APP_SECRET: text,
});

/** @throws Error with one line per wrong variable. */
export function readSandboxConfig(variables: NodeJS.ProcessEnv): {
  readonly port: number;
  readonly config: SandboxConfig;
} {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = sandboxVariables.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The sandbox cannot start:\n${lines.join("\n")}`);
  }
  const values = parsed.data;
  return {
    port: values.SANDBOX_PORT,
    config: {
      appUrl: values.SANDBOX_APP_URL?.replace(/\/+$/, "") ?? null,
      shopify: { apiKey: values.SHOPIFY_API_KEY, apiSecret: values.SHOPIFY_API_SECRET },
      amazon: {
        clientId: values.AMAZON_LWA_CLIENT_ID,
        clientSecret: values.AMAZON_LWA_CLIENT_SECRET,
        sqsAccessKeyId: values.AMAZON_SQS_ACCESS_KEY_ID,
        sqsSecretAccessKey: values.AMAZON_SQS_SECRET_ACCESS_KEY,
        sqsRegion: values.AMAZON_SQS_REGION,
      },
      ebay: { clientId: values.EBAY_CLIENT_ID, clientSecret: values.EBAY_CLIENT_SECRET },
      tiktok: { appKey: values.TIKTOK_SHOP_APP_KEY, appSecret: values.TIKTOK_SHOP_APP_SECRET },
      latencyMs: values.SANDBOX_LATENCY_MS,
      skus: values.SANDBOX_SKUS,
      stock: values.SANDBOX_STOCK,
      stateFile: values.SANDBOX_STATE_FILE ?? null,
    },
  };
}
