import { z } from "zod";
import type { Channel, ChannelFact } from "#app/channels/contract.ts";
import type { WaitingEvent } from "#app/db/inbox.repo.ts";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";

/** An event with what it says. */
export interface ReadEvent {
  readonly event: WaitingEvent;
  readonly channel: Channel;
  readonly accountId: string;
  readonly facts: readonly ChannelFact[];
}

const line = z.object({
  lineId: z.string(),
  orderKey: z.string().nullable(),
  sku: z.string().nullable(),
  quantity: z.number(),
  withdrawn: z.literal(true).optional(),
  shipped: z.number(),
  externalLocationId: z.string().nullable(),
});

/** An order snapshot as it was stored with its event. */
const storedOrder: z.ZodType<OrderSnapshot> = z.object({
  orderId: z.string(),
  revision: z.number(),
  placedAt: z.string(),
  cancelled: z.boolean(),
  test: z.boolean(),
  lines: z.array(line),
});

/** Topic of an order that came by polling: its payload is the snapshot itself. */
export const polledOrderTopic = "lockstep/polled-order";

/** What an event says; a reader that throws makes it unreadable, never a crash. */
export function readFacts(channel: Channel, event: WaitingEvent): readonly ChannelFact[] {
  try {
    const given =
      event.topic === polledOrderTopic ? (JSON.parse(event.payload) as unknown) : event.resolved;
    if (given === null || given === undefined) return channel.parseEvent(event);
    return [{ kind: "order", order: storedOrder.parse(given) }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ kind: "unreadable", reason: `the event could not be read: ${reason}` }];
  }
}
