const scopeRoot = "https://api.ebay.com/oauth/api_scope";

export interface Topic {
  readonly topicId: string;
  readonly description: string;
  readonly status: "ENABLED";
  readonly scope: "USER" | "APPLICATION";
  readonly authorizationScopes: readonly string[];
  readonly supportedPayloads: readonly {
    readonly format: readonly ["JSON"];
    readonly schemaVersion: string;
    readonly deliveryProtocol: "HTTPS";
    readonly deprecated: boolean;
  }[];
}

function topic(
  scope: Topic["scope"],
  topicId: string,
  more: { readonly scopes?: readonly string[]; readonly versions?: readonly string[] } = {},
): Topic {
  const { scopes = [], versions = ["1.0"] } = more;
  return {
    topicId,
    description: topicId.toLowerCase().replaceAll("_", " "),
    status: "ENABLED",
    scope,
    authorizationScopes: [scopeRoot, ...scopes.map((name) => `${scopeRoot}/${name}`)],
    supportedPayloads: versions.map((schemaVersion) => ({
      format: ["JSON"],
      schemaVersion,
      deliveryProtocol: "HTTPS",
      deprecated: false,
    })),
  };
}

/** What this application sees; cancellations and returns need scopes that it was not granted. */
export const topics: readonly Topic[] = [
  topic("APPLICATION", "MARKETPLACE_ACCOUNT_DELETION"),
  topic("APPLICATION", "AUTHORIZATION_REVOCATION"),
  topic("USER", "ORDER_CONFIRMATION", {
    scopes: ["sell.fulfillment", "sell.fulfillment.readonly"],
    versions: ["1.1", "1.0"],
  }),
  topic("USER", "ORDER_CANCELLATION_ACTIVITY", {
    scopes: ["sell.cancellation", "sell.cancellation.read"],
  }),
  topic("USER", "ORDER_RETURN_ACTIVITY", { scopes: ["sell.return", "sell.return.read"] }),
  topic("USER", "SELLER_STANDARDS_PROFILE_METRICS", { scopes: ["sell.analytics.readonly"] }),
];

const byId = new Map(topics.map((one) => [one.topicId, one]));

/** Topics whose own scope nobody granted here. */
const ungranted: ReadonlySet<string> = new Set([
  "ORDER_CANCELLATION_ACTIVITY",
  "ORDER_RETURN_ACTIVITY",
]);

/** @returns `isGranted`: this application's scopes reach it */
export function topicById(
  topicId: string,
): { readonly topic: Topic; readonly isGranted: boolean } | undefined {
  const found = byId.get(topicId);
  return found && { topic: found, isGranted: !ungranted.has(topicId) };
}
