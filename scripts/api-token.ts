// npm run api-token: makes a token for the HTTP API of one shop and prints it, once.
import { parseArgs } from "node:util";
import { createApiToken } from "#app/services/api-tokens/create-api-token.ts";
import { findShop } from "#app/services/shops/find-shop.ts";
import { fail, runCommandLine } from "./cli.ts";
import { nothingRuns, useLocalStart } from "./local-start.ts";
import { requireDatabase } from "./reachable.ts";

const usage = `A token for the HTTP API of one shop. It is shown this once and stored only as a hash.

  npm run api-token -- --shop demo.myshopify.com --name ops

For the Lockstep that npm start runs here, or, where DATABASE_URL is set (in the environment or .env), for that one.
`;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      shop: { type: "string" },
      name: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (!values.shop || !values.name) return fail(usage);
  const databaseUrl = await useLocalStart();
  if (databaseUrl === undefined) return fail(nothingRuns);
  await requireDatabase(databaseUrl);
  const shop = await findShop(values.shop);
  if (!shop) {
    return fail(
      `There is no shop ${values.shop}: a merchant installs the app in the Shopify admin.`,
    );
  }
  const { token } = await createApiToken({ shopId: shop.id, name: values.name });
  process.stdout.write(`${token}\n`);
  return 0;
}

runCommandLine(run);
