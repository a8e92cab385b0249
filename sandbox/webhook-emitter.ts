import { Agent, request } from "node:http";
import { planCopies, type FaultSettings } from "./faults.ts";

/** One event on its way to the app. */
export interface WebhookDelivery {
  /** Below the app's address: "/webhooks/ebay"; or a whole loopback address that the app registered. */
  readonly path: string;
  readonly body: string;
  /** With the signature; content-type and content-length are added when missing. */
  readonly headers: Readonly<Record<string, string>>;
  /** The platform's body and headers for attempt 2, 3, … where a repeat differs (eBay counts attempts). */
  readonly again?: (attempt: number) => {
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}

/** The platform's own behaviour when the app does not answer 2xx in time. */
export interface RetryLadder {
  /** Waits before attempt 2, 3, …; the real ladder compressed. */
  readonly delaysMs: readonly number[];
  /** An answer later than this counts as none. */
  readonly answerTimeoutMs: number;
}

/** Delivers one platform's webhooks to the app. */
export interface WebhookEmitter {
  /** Queues an event; the platform's faults decide about copies, delay and loss. Never throws. */
  send(delivery: WebhookDelivery): void;
  /** The same faults and counts for an event that leaves by another way (Amazon's queue): `deliver` puts one copy there. */
  schedule(deliver: () => void): void;
  stats(): WebhookStats;
  /** Drops what is queued and closes connections. */
  stop(): void;
}

export interface WebhookStats {
  /** Deliveries answered 2xx. */
  readonly sent: number;
  /** Second copies queued by the duplicate fault. */
  readonly duplicates: number;
  /** Events given up: dropped by a fault, by a full queue, or after the last attempt. */
  readonly failed: number;
  /** Events lost by the drop fault alone (also in `failed`). */
  readonly dropped: number;
  /** Waiting or under way now. */
  readonly pending: number;
}

/** Requests under way to the app at once, per platform. */
const deliveriesInFlightMax = 16;
/** Events waiting; beyond it new ones fail, as a platform's own queue would. */
const queueLengthMax = 100_000;
/** The spent front of the queue is cut off when it is this long. */
const spentAttemptsMax = 1_024;

interface Attempt {
  readonly delivery: WebhookDelivery;
  readonly number: number;
}

export interface EmitterOptions {
  /** Where the app's door is; null: every event fails. */
  readonly appUrl: string | null;
  readonly ladder: RetryLadder;
  readonly faults: () => FaultSettings;
  readonly random: () => number;
}

/** Delivers one platform's webhooks over kept-alive connections, in the order they are due. */
class HttpWebhookEmitter implements WebhookEmitter {
  readonly #options: EmitterOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: deliveriesInFlightMax });
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #counts = { sent: 0, duplicates: 0, failed: 0, dropped: 0 };
  #queue: Attempt[] = [];
  #head = 0;
  #inFlight = 0;
  #stopped = false;

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  send(delivery: WebhookDelivery): void {
    for (const delayMs of this.#copiesOfEvent()) {
      if (this.#waiting() >= queueLengthMax) this.#counts.failed += 1;
      else this.#queueAfter(delayMs, { delivery, number: 1 });
    }
  }

  schedule(deliverCopy: () => void): void {
    for (const delayMs of this.#copiesOfEvent()) {
      this.#after(delayMs, () => {
        this.#counts.sent += 1;
        deliverCopy();
      });
    }
  }

  stats(): WebhookStats {
    return { ...this.#counts, pending: this.#waiting() + this.#inFlight };
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue = [];
    this.#head = 0;
    this.#agent.destroy();
  }

  #waiting(): number {
    return this.#queue.length - this.#head + this.#timers.size;
  }

  /** The delays of the event's copies, counted. */
  #copiesOfEvent(): readonly number[] {
    if (this.#stopped) return [];
    const copies = planCopies(this.#options.faults(), this.#options.random);
    if (copies.length === 0) {
      this.#counts.dropped += 1;
      this.#counts.failed += 1;
    }
    this.#counts.duplicates += Math.max(0, copies.length - 1);
    return copies;
  }

  #after(delayMs: number, act: () => void): void {
    if (delayMs <= 0) {
      act();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  #queueAfter(delayMs: number, attempt: Attempt): void {
    this.#after(delayMs, () => {
      this.#queue.push(attempt);
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#stopped && this.#inFlight < deliveriesInFlightMax) {
      const attempt = this.#queue[this.#head];
      if (!attempt) return;
      this.#head += 1;
      if (this.#head > spentAttemptsMax) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      this.#inFlight += 1;
      void deliver(this.#agent, this.#options, attempt).then((ok) => {
        this.#inFlight -= 1;
        this.#settle(attempt, ok);
        this.#pump();
      });
    }
  }

  #settle(attempt: Attempt, ok: boolean): void {
    if (ok) {
      this.#counts.sent += 1;
      return;
    }
    const delayMs = this.#options.ladder.delaysMs[attempt.number - 1];
    if (delayMs === undefined || this.#stopped) {
      this.#counts.failed += 1;
      return;
    }
    this.#queueAfter(delayMs, { delivery: attempt.delivery, number: attempt.number + 1 });
  }
}

export function createWebhookEmitter(options: EmitterOptions): WebhookEmitter {
  return new HttpWebhookEmitter(options);
}

/** One attempt. Resolves with whether the app answered 2xx in time; never rejects. */
function deliver(
  agent: Agent,
  { appUrl, ladder }: EmitterOptions,
  attempt: Attempt,
): Promise<boolean> {
  const { delivery, number } = attempt;
  const content = number > 1 && delivery.again ? delivery.again(number) : delivery;
  return new Promise((resolve) => {
    if (appUrl === null) {
      resolve(false);
      return;
    }
    const call = request(
      addressOf(appUrl, delivery.path),
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          ...content.headers,
          "content-length": String(Buffer.byteLength(content.body)),
        },
        signal: AbortSignal.timeout(ladder.answerTimeoutMs),
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        answer.resume();
        answer.on("end", () => {
          resolve(status >= 200 && status < 300);
        });
        answer.on("error", () => {
          resolve(false);
        });
      },
    );
    call.on("error", () => {
      resolve(false);
    });
    call.end(content.body);
  });
}

/** Nothing leaves this machine, whatever address was registered. */
function addressOf(appUrl: string, path: string): string {
  if (path.startsWith("/")) return `${appUrl}${path}`;
  const { hostname } = new URL(path);
  return ["127.0.0.1", "localhost", "[::1]"].includes(hostname) ? path : `${appUrl}/elsewhere`;
}
