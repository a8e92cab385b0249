import { createHash } from "node:crypto";
import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import type { ShipmentRecord } from "./shipment-book.ts";
import { indiaTime, wireShipment } from "./shipment-reads.ts";

const returned = z.object({
  returned: z.object({ returnId: z.string(), units: z.number(), state: z.string() }),
});

/** Sends signed notifications to the address that a person has had registered; before that, to nobody. */
export class Notifications {
  readonly #context: SandboxContext;
  #url: string | null = null;

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** What Flipkart's support does when the seller's mail arrives. */
  register(url: string): void {
    this.#url = url;
    this.#context.changed();
  }

  announce(
    eventType: string,
    record: ShipmentRecord,
    attributes: Readonly<Record<string, unknown>>,
  ): void {
    if (this.#url === null) return;
    const { locationId } = record;
    const body = JSON.stringify({
      eventType,
      source: "flipkart",
      version: "v3",
      timestamp: indiaTime(record.updatedAtMs),
      locationId,
      ...this.#about(eventType, record, attributes),
    });
    this.#context.emitter.send({ path: this.#url, body, headers: this.#headers(this.#url) });
  }

  snapshot(): string | null {
    return this.#url;
  }

  restore(url: string | null): void {
    this.#url = url;
  }

  #about(eventType: string, record: ShipmentRecord, attributes: Readonly<Record<string, unknown>>) {
    const { shipmentId } = record;
    if (eventType === "shipment_created") {
      const all = { live: true, cancelled: true };
      return { shipmentId, attributes: wireShipment(this.#context, record, () => all) };
    }
    const back = returned.safeParse(attributes).data?.returned;
    if (!back) return { shipmentId, attributes };
    const { returnId, units } = back;
    const orderItemId = record.items[0]?.orderItemId ?? "";
    const item = { returnId, orderItemId, shipmentId, source: "customer_return", quantity: units };
    const status = eventType.toUpperCase();
    return { returnId, attributes: { status, returnItems: [item] } };
  }

  /** SHA-1 over time, address, method and secret; the body is not covered (channels.md 9). */
  #headers(url: string): Record<string, string> {
    const nowMs = this.#context.now();
    const appId = this.#context.credential("FLIPKART_APP_ID");
    const secret = this.#context.credential("FLIPKART_APP_SECRET");
    const text = `${Math.floor(nowMs / 1_000)}${url}POST${secret}`;
    const digest = createHash("sha1").update(text).digest("hex");
    return {
      X_Date: new Date(nowMs).toUTCString(),
      X_Authorization: `FKLOGIN ${Buffer.from(`${appId}:${digest}`).toString("base64")}`,
    };
  }
}
