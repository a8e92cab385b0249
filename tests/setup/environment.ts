import { demoVariables } from "#sandbox/demo-platform.ts";
import { platformsFound } from "#sandbox/found.generated.ts";

// Valid values for everything the app reads; nothing listens at these addresses unless a test starts it.
const nowhere = "http://127.0.0.1:9";
const appUrl = "http://127.0.0.1:3000";

const values: Record<string, string> = {
  NODE_ENV: "test",
  LOG_LEVEL: "silent",
  DATABASE_URL: "postgresql://nobody@127.0.0.1:9/none",
  PORT: "3000",
  ENCRYPTION_KEY: Buffer.alloc(32, 7).toString("base64"),
  SHOPIFY_APP_URL: appUrl,
  ...Object.assign(
    {},
    ...platformsFound.map((found) => demoVariables(found, { sandboxUrl: nowhere, appUrl })),
  ),
};

Object.assign(process.env, values);
// The queue is on PostgreSQL unless a test asks for Redis by name.
delete process.env["REDIS_URL"];
