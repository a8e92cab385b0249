import { channels } from "#app/channels/registry.ts";
import type { QuantityCap } from "#app/db/expected-units.repo.ts";

/** Channels that show no more than so many units, by their declarations. */
export const quantityCaps: readonly QuantityCap[] = channels.flatMap(({ id, push }) =>
  push.quantityMax === undefined ? [] : [{ channel: id, most: push.quantityMax }],
);
