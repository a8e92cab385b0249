import {
  startDemoPlatform,
  type DemoPlatform,
  type DemoPlatformOptions,
} from "#sandbox/demo-platform.ts";
import type { PlatformDefinition } from "#sandbox/platform.ts";
import type { ListingRef } from "#app/channels/contract.ts";

/** A simulated platform with the catalogue as the contract's listings. */
export interface ScenarioPlatform extends DemoPlatform {
  /** Every SKU of the catalogue. */
  readonly listings: readonly ListingRef[];
}

export type StartOptions = DemoPlatformOptions;

/** {@link startDemoPlatform}, with listings. */
export async function startPlatform(
  definition: PlatformDefinition,
  options: StartOptions = {},
): Promise<ScenarioPlatform> {
  const platform = await startDemoPlatform(definition, options);
  const listings = platform.skus.map((sku) =>
    listingOf(sku.code, definition.demo.listing(sku).externalIds),
  );
  return { ...platform, listings };
}

/** A listing as the database would give it. */
export function listingOf(code: string, externalIds: Readonly<Record<string, string>>): ListingRef {
  return { listingId: `listing of ${code}`, sku: code, externalIds };
}
