import { z } from "zod";
import type { ChannelSession, EventDoor, EventSetup } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { WooClient } from "./client.ts";
import { webhook, type WooWebhook } from "./wire.ts";

/** What we ask to be told (channels.md 7.4). */
export const subscribedTopics = [
  "order.created",
  "order.updated",
  "order.deleted",
  "order.restored",
  "product.updated",
  "product.deleted",
] as const;

const path = "/wc/v3/webhooks";
const pageHooksMax = 100;
/** Pages of webhooks looked through; a shop with more has ours twice at worst. */
const pagesMax = 10;

/**
 * One webhook per topic to the connection's own address. WooCommerce switches one off for good after more than five
 * failures in a row: this switches it on again.
 */
export function eventsOf(client: WooClient): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    async setUpEvents(door, signal): Promise<EventSetup> {
      const known = await ownWebhooks(client, door, signal);
      if ("kind" in known) return { ok: false, fault: asRefusal(known) };
      for (const topic of subscribedTopics) {
        const fault = await ensure(client, { door, topic, known, signal });
        if (fault) return { ok: false, fault: asRefusal(fault) };
      }
      return { ok: true, topics: subscribedTopics };
    },
  };
}

/** Products and orders go on where webhooks alone are forbidden: polling finds the orders. */
function asRefusal(fault: Fault): Fault {
  if (fault.kind !== "revoked" || !/_cannot_|forbidden/.test(fault.code ?? "")) return fault;
  return {
    ...fault,
    kind: "rejected",
    message:
      "The shop's user who connected it may not make webhooks. Changes are found by polling.",
  };
}

/** Those that post to this connection's address. */
async function ownWebhooks(
  client: WooClient,
  door: EventDoor,
  signal: AbortSignal,
): Promise<WooWebhook[] | Fault> {
  const own: WooWebhook[] = [];
  for (let page = 1; page <= pagesMax; page += 1) {
    const query = { per_page: String(pageHooksMax), page: String(page), status: "all" };
    const answer = await client.call({ method: "GET", path, query }, z.array(webhook), signal);
    if (!answer.ok) return answer.fault;
    own.push(...answer.value.filter((one) => one.delivery_url === door.url));
    if (answer.value.length < pageHooksMax) break;
  }
  return own;
}

interface Wanted {
  readonly door: EventDoor;
  readonly topic: string;
  readonly known: readonly WooWebhook[];
  readonly signal: AbortSignal;
}

async function ensure(
  client: WooClient,
  { door, topic, known, signal }: Wanted,
): Promise<Fault | null> {
  const ours = known.filter((one) => one.topic === topic);
  const kept = ours.find(({ status }) => status === "active") ?? ours[0];
  // Two set-ups at once leave two of them: every event would come twice.
  for (const extra of ours.filter((one) => one !== kept)) {
    const query = { force: "true" };
    const call = { method: "DELETE", path: `${path}/${extra.id}`, query } as const;
    const removed = await client.call(call, webhook, signal);
    if (!removed.ok) return removed.fault;
  }
  if (kept?.status === "active") return null;
  const { url, secret } = door;
  const answer = kept
    ? await client.call(
        { method: "PUT", path: `${path}/${kept.id}`, body: { status: "active", secret } },
        webhook,
        signal,
      )
    : await client.call(
        {
          method: "POST",
          path,
          body: { name: `Lockstep ${topic}`, topic, delivery_url: url, secret, status: "active" },
        },
        webhook,
        signal,
      );
  return answer.ok ? null : answer.fault;
}
