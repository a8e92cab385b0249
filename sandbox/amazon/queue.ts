import { createHash, randomUUID } from "node:crypto";

/** One message of the queue, as SQS hands it out. */
export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly md5: string;
  readonly sentAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number;
  receipt: string;
  visibleAtMs: number;
}

/** Messages kept; SQS has no bound, a sandbox on one machine needs one. The oldest go first. */
const messagesMax = 120_000;
/** How often hidden messages are looked at while someone waits. */
const hiddenCheckMs = 200;
/** The spent front of the ready list is cut off when it is this long. */
const spentMessagesMax = 1_024;

/** One receive call. */
export interface ReceiveWish {
  /** Messages wanted, at most. */
  readonly max: number;
  /** How long to wait when nothing is visible. */
  readonly waitMs: number;
  /** How long the messages stay hidden from others. */
  readonly visibilityMs: number;
  /** The caller hung up: the wait ends and nothing is taken. */
  readonly cancelled: AbortSignal;
}

interface Waiter {
  readonly wish: ReceiveWish;
  readonly resolve: (messages: readonly QueueMessage[]) => void;
}

export interface SavedMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
}

/** A standard SQS queue: at least once, roughly in order, visibility timeout, long poll. */
export class MessageQueue {
  readonly #now: () => number;
  #ready: QueueMessage[] = [];
  #head = 0;
  readonly #hidden = new Map<string, QueueMessage>();
  readonly #waiters: Waiter[] = [];
  #hiddenTimer: NodeJS.Timeout | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  send(body: string): void {
    this.#put({ id: randomUUID(), body, sentAtMs: this.#now() });
    this.#serveWaiters();
  }

  /** Visible messages at once when there are any, else what comes within the wait, else none. */
  receive(wish: ReceiveWish): Promise<readonly QueueMessage[]> {
    const messages = this.#take(wish);
    if (messages.length > 0 || wish.waitMs <= 0 || wish.cancelled.aborted) {
      return Promise.resolve(messages);
    }
    return new Promise((resolve) => {
      const finish = (found: readonly QueueMessage[]) => {
        clearTimeout(timer);
        wish.cancelled.removeEventListener("abort", giveUp);
        const index = this.#waiters.indexOf(waiter);
        if (index >= 0) this.#waiters.splice(index, 1);
        resolve(found);
      };
      const giveUp = () => {
        finish([]);
      };
      const waiter: Waiter = { wish, resolve: finish };
      const timer = setTimeout(giveUp, wish.waitMs);
      wish.cancelled.addEventListener("abort", giveUp);
      this.#waiters.push(waiter);
      this.#watchHidden();
    });
  }

  /** An unknown receipt (deleted already, or received again since) does nothing, as in SQS. */
  delete(receipt: string): void {
    this.#hidden.delete(receipt);
  }

  counts(): { readonly visible: number; readonly hidden: number } {
    return { visible: this.#ready.length - this.#head, hidden: this.#hidden.size };
  }

  snapshot(): readonly SavedMessage[] {
    const kept = [...this.#hidden.values(), ...this.#ready.slice(this.#head)];
    return kept.map(({ id, body, sentAtMs }) => ({ id, body, sentAtMs }));
  }

  restore(saved: readonly SavedMessage[]): void {
    for (const message of saved) this.#put(message);
  }

  #put(message: SavedMessage): void {
    this.#ready.push({
      ...message,
      md5: createHash("md5").update(message.body).digest("hex"),
      receiveCount: 0,
      firstReceivedAtMs: 0,
      receipt: "",
      visibleAtMs: 0,
    });
    if (this.#ready.length - this.#head > messagesMax) this.#head += 1;
  }

  #take(wish: ReceiveWish): QueueMessage[] {
    this.#reveal();
    const taken = this.#ready.slice(this.#head, this.#head + wish.max);
    this.#head += taken.length;
    if (this.#head > spentMessagesMax) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    const time = this.#now();
    for (const message of taken) {
      message.receiveCount += 1;
      message.firstReceivedAtMs ||= time;
      message.visibleAtMs = time + wish.visibilityMs;
      message.receipt = randomUUID();
      this.#hidden.set(message.receipt, message);
    }
    return taken;
  }

  /** Messages whose visibility ran out are ready again. */
  #reveal(): void {
    const time = this.#now();
    for (const [receipt, message] of this.#hidden) {
      if (message.visibleAtMs > time) continue;
      this.#hidden.delete(receipt);
      this.#ready.push(message);
    }
  }

  #serveWaiters(): void {
    for (let waiter = this.#waiters[0]; waiter; waiter = this.#waiters[0]) {
      const messages = this.#take(waiter.wish);
      if (messages.length === 0) break;
      waiter.resolve(messages);
    }
    this.#watchHidden();
  }

  /** Messages whose visibility runs out have to wake a waiter although nothing is sent. */
  #watchHidden(): void {
    if (this.#hiddenTimer || this.#waiters.length === 0 || this.#hidden.size === 0) return;
    this.#hiddenTimer = setTimeout(() => {
      this.#hiddenTimer = null;
      this.#serveWaiters();
    }, hiddenCheckMs);
    this.#hiddenTimer.unref();
  }
}
