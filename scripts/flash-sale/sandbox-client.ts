import type { OrderOutcome } from "#sandbox/channel.ts";
import type { ChannelStats, FaultTable, ShownTable } from "#sandbox/control.ts";
import type { FaultSettings } from "#sandbox/faults.ts";
import type { LoggedOrder } from "#sandbox/world.ts";

/** One call to the sandbox's control API may take this long. */
const callMsMax = 10_000;
/** Pages of a log read at most; the sandbox keeps no more than this. */
const logPagesMax = 20;

/** The sandbox's control API: where simulated buyers buy and where its own records are read. */
export class SandboxClient {
  readonly #controlUrl: string;

  constructor(sandboxUrl: string) {
    this.#controlUrl = `${sandboxUrl}/control`;
  }

  order(order: { channel: string; sku: string; quantity: number }): Promise<OrderOutcome> {
    return this.#call("/orders", order);
  }

  shown(): Promise<ShownTable> {
    return this.#call("/shown");
  }

  stats(): Promise<Readonly<Record<string, ChannelStats>>> {
    return this.#call("/stats");
  }

  faults(): Promise<FaultTable> {
    return this.#call("/faults");
  }

  async setFaults(change: Partial<FaultSettings> & { channel?: string }): Promise<void> {
    await this.#call("/faults", change);
  }

  /** Orders that the channels accepted since a position of the log, and the position after them. */
  async orders(since: number): Promise<{ orders: LoggedOrder[]; next: number }> {
    const orders: LoggedOrder[] = [];
    let next = since;
    for (let page = 0; page < logPagesMax; page += 1) {
      const answer = await this.#call<{ orders: LoggedOrder[]; next: number }>(
        `/orders?since=${next}`,
      );
      orders.push(...answer.orders);
      next = answer.next;
      if (answer.orders.length === 0) break;
    }
    return { orders, next };
  }

  async #call<T>(path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.#controlUrl}${path}`, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(callMsMax),
    });
    if (!answer.ok) {
      throw new Error(`the sandbox answered ${answer.status} to ${path}: ${await answer.text()}`);
    }
    return (await answer.json()) as T;
  }
}
