import type { DemoSku } from "./catalogue.ts";
import type { SandboxPlatform } from "./channel.ts";
import type { SandboxContext } from "./context.ts";
import type { RetryLadder } from "./webhook-emitter.ts";

/** One simulated platform as the sandbox finds it: the default export of `sandbox/<id>/index.ts`. */
export interface PlatformDefinition {
  /** Equals the folder's name and the app's channel id; mounted at /<id>/… */
  readonly id: string;
  /** Names of the app's variables whose values this platform handed out: client ids, secrets. */
  readonly credentials: readonly string[];
  /** The app's other variables for this platform: its addresses here, and what is fixed. */
  variables(at: { readonly sandboxUrl: string; readonly appUrl: string }): Record<string, string>;
  /** How it repeats a webhook that was not answered 2xx, compressed so that a test sees it. */
  readonly ladder: RetryLadder;
  /** The body of its 500. */
  readonly serverError: unknown;
  /** The demo merchant's account, as consent would have connected it. */
  readonly demo: DemoAccount;
  create(context: SandboxContext): SandboxPlatform;
}

export interface DemoAccount {
  readonly accountId: string;
  /** As in `ConnectedAccount`: "" where an account is one connection. */
  readonly marketplace: string;
  readonly label: string;
  /** `settings` and `secrets` of the app's channel. They open nothing but the sandbox. */
  settings(at: { readonly sandboxUrl: string }): Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the merchant fills in before the consent page, or instead of it (`ConnectField`). */
  values?(at: { readonly sandboxUrl: string }): Readonly<Record<string, string>>;
  /** How the platform names a SKU of the catalogue: the keys of its listing, and of its order lines. */
  listing(sku: DemoSku): {
    /** `ImportedListing.key` */
    readonly key: string;
    readonly externalIds: Readonly<Record<string, string>>;
    readonly orderKey: string;
  };
}
