import type { ChannelSession } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { CustomClient } from "./client.ts";
import type { CustomContext } from "./context.ts";
import { VersionClock } from "./version.ts";
import { writeRows } from "./write-rows.ts";

/** One for all connections of this process: versions only ever grow. */
const versions = new VersionClock();

const notWhole: Fault = {
  kind: "rejected",
  message: "A quantity is a whole number from 0 on.",
};

const isWhole = (quantity: number) => Number.isSafeInteger(quantity) && quantity >= 0;

/** Writing numbers. */
export function inventoryOf(
  { settings: { batch }, now }: CustomContext,
  client: CustomClient,
): Pick<ChannelSession, "pushQuantities"> {
  return {
    pushQuantities: (writes, signal) =>
      writeRows(writes, {
        row: ({ sku, quantity, idempotencyKey }, key) =>
          isWhole(quantity)
            ? {
                id: idempotencyKey,
                key,
                sku,
                quantity,
                version: versions.ofKey(idempotencyKey, now().getTime()),
              }
            : notWhole,
        send: (items) => client.putQuantities(items, signal),
        batch,
        now,
      }),
  };
}

/** Taking listings off sale and putting them back, for servers that can. */
export function statesOf(
  { settings: { batch }, now }: CustomContext,
  client: CustomClient,
): Required<Pick<ChannelSession, "endListings" | "relistListings">> {
  return {
    endListings: (listings, signal) =>
      writeRows(listings, {
        row: ({ sku }, key) => ({
          key,
          sku,
          state: "ended" as const,
          version: versions.next(now().getTime()),
        }),
        send: (items) => client.putStates(items, signal),
        batch,
        now,
      }),
    relistListings: (writes, signal) =>
      writeRows(writes, {
        row: ({ sku, quantity, idempotencyKey }, key) =>
          isWhole(quantity)
            ? {
                key,
                sku,
                state: "active" as const,
                quantity,
                version: versions.ofKey(idempotencyKey, now().getTime()),
              }
            : notWhole,
        send: (items) => client.putStates(items, signal),
        batch,
        now,
      }),
  };
}
