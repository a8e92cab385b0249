import { demoAccounts, demoCatalogue, type DemoSku } from "./catalogue.ts";
import { readSandboxConfig } from "./config.ts";
import { platformsFound } from "./found.generated.ts";
import type { PlatformDefinition } from "./platform.ts";
import { startSandbox, type Sandbox } from "./start.ts";
import { testCredential } from "./test-config.ts";

/** One simulated platform, running in this process, with what the app needs to sign in as the demo merchant. */
export interface DemoPlatform {
  readonly definition: PlatformDefinition;
  readonly sandbox: Sandbox;
  readonly skus: readonly DemoSku[];
  /** Environment variables for the channel's `app` schema, simulator addresses included. */
  readonly variables: Readonly<Record<string, string>>;
  readonly shopDomain: string;
  readonly accountId: string;
  readonly settings: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface DemoPlatformOptions {
  /** SKUs of the catalogue; 8 when left out. */
  readonly skus?: number;
  /** Units of each; 60 when left out. */
  readonly stock?: number;
  /** Where webhooks go; when left out nobody listens. */
  readonly appUrl?: string;
  /** What consent gave, where it is not `definition.demo.secrets` (Shopify: a token exchange). */
  secrets?(
    sandbox: Sandbox,
    variables: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>>;
}

/** The app's variables for a platform: credentials that the test sandbox knows, and its addresses. */
export function demoVariables(
  definition: PlatformDefinition,
  at: { readonly sandboxUrl: string; readonly appUrl: string },
): Record<string, string> {
  const credentials = definition.credentials.map((name) => [name, testCredential(name)]);
  return {
    ...(Object.fromEntries(credentials) as Record<string, string>),
    ...definition.variables(at),
  };
}

/** Starts the sandbox without faults on a free port, its rate limits so wide that nobody meets them by chance. */
export async function startDemoPlatform(
  definition: PlatformDefinition,
  options: DemoPlatformOptions = {},
): Promise<DemoPlatform> {
  const { skus = 8, stock = 60, appUrl } = options;
  const credentials = platformsFound.flatMap((found) => found.credentials);
  const { config } = readSandboxConfig({
    NODE_ENV: "test",
    ...Object.fromEntries(credentials.map((name) => [name, testCredential(name)])),
    SANDBOX_SKUS: String(skus),
    SANDBOX_STOCK: String(stock),
    ...(appUrl === undefined ? {} : { SANDBOX_APP_URL: appUrl }),
  });
  const sandbox = await startSandbox({ config });
  sandbox.control.setFaults({ rateLimitFactor: 1_000_000 });
  const at = { sandboxUrl: sandbox.url, appUrl: appUrl ?? "http://127.0.0.1:3000" };
  const variables = demoVariables(definition, at);
  const { demo } = definition;
  return {
    definition,
    sandbox,
    skus: demoCatalogue({ skus, stock }).skus,
    variables,
    shopDomain: demoAccounts.shopify,
    accountId: demo.accountId,
    settings: demo.settings(at),
    secrets: (await options.secrets?.(sandbox, variables)) ?? demo.secrets,
    close: () => sandbox.stop(),
  };
}
