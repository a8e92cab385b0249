// Valid values for everything the app reads; nothing listens at these addresses unless a test starts it.
const nowhere = "http://127.0.0.1:9";
const secret = (letter: string): string => letter.repeat(32);

const values: Record<string, string> = {
  NODE_ENV: "test",
  LOG_LEVEL: "silent",
  DATABASE_URL: "postgresql://nobody@127.0.0.1:9/none",
  PORT: "3000",
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
  SHOPIFY_API_KEY: secret("a"),
  SHOPIFY_API_SECRET: secret("b"),
  SHOPIFY_APP_URL: "http://127.0.0.1:3000",
  SHOPIFY_SIMULATOR_URL: `${nowhere}/shopify`,
  AMAZON_SP_API_URL: `${nowhere}/amazon`,
  AMAZON_LWA_URL: `${nowhere}/amazon/lwa`,
  AMAZON_LWA_CLIENT_ID: secret("c"),
  AMAZON_LWA_CLIENT_SECRET: secret("d"),
  AMAZON_SQS_URL: `${nowhere}/amazon/sqs`,
  AMAZON_SQS_QUEUE_URL: `${nowhere}/amazon/sqs/000000000000/lockstep`,
  AMAZON_SQS_REGION: "us-east-1",
  AMAZON_SQS_ACCESS_KEY_ID: secret("e"),
  AMAZON_SQS_SECRET_ACCESS_KEY: secret("f"),
  EBAY_API_URL: `${nowhere}/ebay`,
  EBAY_CLIENT_ID: secret("g"),
  EBAY_CLIENT_SECRET: secret("h"),
  EBAY_VERIFICATION_TOKEN: secret("i"),
  EBAY_WEBHOOK_URL: "http://127.0.0.1:3000/webhooks/ebay",
  TIKTOK_SHOP_API_URL: `${nowhere}/tiktok-shop`,
  TIKTOK_SHOP_AUTH_URL: `${nowhere}/tiktok-shop/auth`,
  TIKTOK_SHOP_APP_KEY: secret("j"),
  TIKTOK_SHOP_APP_SECRET: secret("k"),
};

Object.assign(process.env, values);
// The queue is on PostgreSQL unless a test asks for Redis by name.
delete process.env["REDIS_URL"];
