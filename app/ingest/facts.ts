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

/** Characters of an id or a SKU; the longest that a platform documents is 255 (Shopify). */
const nameCharsMax = 255;

/** Text as PostgreSQL stores it: no NUL, no half of a character pair. */
const storable = z.string().transform((text) => text.toWellFormed().replaceAll("\0", "\uFFFD"));
const name = storable.pipe(
  z.string().max(nameCharsMax, { error: `has a name of more than ${nameCharsMax} characters` }),
);

const line = z.object({
  lineId: name,
  orderKey: name.nullable(),
  sku: name.nullable(),
  quantity: z.number(),
  unreadable: storable.optional(),
  withdrawn: z.literal(true).optional(),
  shipped: z.number(),
  externalLocationId: name.nullable(),
});

const placedAt = z.string().refine(
  (text) => {
    const year = new Date(text).getUTCFullYear();
    return year >= 2000 && year < 2100;
  },
  { error: "was placed at no date that can be" },
);

/** An order snapshot within the bounds of what can be stored. */
const boundedOrder: z.ZodType<OrderSnapshot> = z.object({
  orderId: name,
  revision: z.int({ error: "has no usable revision" }),
  placedAt,
  cancelled: z.boolean(),
  test: z.boolean(),
  lines: z.array(line),
});

/** Topic of an order that came by polling: its payload is the snapshot itself. */
export const polledOrderTopic = "lockstep/polled-order";

/** What an event says; a reader that throws makes it unreadable, never a crash. */
export function readFacts(
  { channel, settings }: { readonly channel: Channel; readonly settings: unknown },
  event: WaitingEvent,
): readonly ChannelFact[] {
  try {
    if (event.topic === polledOrderTopic) return [bounded(JSON.parse(event.payload) as unknown)];
    const { topic, payload } = event;
    const facts = channel
      .parseEvent({ topic, payload, settings })
      .map((fact) => (fact.kind === "order" ? bounded(fact.order) : fact));
    const { resolved } = event;
    if (resolved === null || resolved === undefined) return facts;
    // The order as it was fetched stands for the hint; what else the event says, it still says.
    const isReturn = (fact: ChannelFact) => fact.kind === "return";
    return [bounded(resolved), ...facts.filter(isReturn)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ kind: "unreadable", reason: `The event cannot be read: ${reason}` }];
  }
}

function bounded(order: unknown): ChannelFact {
  const parsed = boundedOrder.safeParse(order);
  if (parsed.success) return { kind: "order", order: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  return {
    kind: "unreadable",
    reason: `The order ${issue?.message ?? "cannot be read"} (${where}).`,
  };
}
