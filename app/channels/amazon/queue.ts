import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { ChannelFault, type QueueMessage } from "../contract.ts";
import { chunked } from "../map-bounded.ts";
import { authenticKeys, contentKey, unknownTopic, type AuthenticKeys } from "../webhook-keys.ts";
import type { AmazonApp } from "./config.ts";
import { ownerOfSubscription } from "./subscription-owners.ts";
import { notificationKey, sellerOf, withPascalKeys } from "./wire-notifications.ts";

/** Both the longest SQS allows. */
const longPollSeconds = 20;
const messagesMax = 10;
/** Longer than the longest poll, so that a dead connection is noticed. */
const requestTimeoutMs = 25_000;
const connectionTimeoutMs = 5_000;

const clients = new WeakMap<AmazonApp, SQSClient>();

/** One client (one pool of connections) for each parsed configuration. */
function clientOf(app: AmazonApp): SQSClient {
  const known = clients.get(app);
  if (known) return known;
  const client = new SQSClient({
    region: app.queue.region,
    ...(app.queue.endpoint === null ? {} : { endpoint: app.queue.endpoint }),
    credentials: {
      accessKeyId: app.queue.accessKeyId,
      secretAccessKey: app.queue.secretAccessKey,
    },
    maxAttempts: 1,
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
  });
  clients.set(app, client);
  return client;
}

/**
 * Waits up to 20 s for notifications; an empty list when none came or the signal ended the wait.
 * The queue belongs to the app, so messages of all sellers come out; `accountId` says whose, and is
 * empty when the message does not.
 * @throws ChannelFault `unavailable` when the queue cannot be read
 */
export async function receiveMessages(
  app: AmazonApp,
  signal: AbortSignal,
): Promise<QueueMessage[]> {
  const isCutOff = () => signal.aborted;
  if (isCutOff()) return [];
  try {
    const answer = await clientOf(app).send(
      new ReceiveMessageCommand({
        QueueUrl: app.queue.url,
        MaxNumberOfMessages: messagesMax,
        WaitTimeSeconds: longPollSeconds,
      }),
      { abortSignal: signal },
    );
    return (answer.Messages ?? []).map(queueMessageOf);
  } catch (error) {
    if (isCutOff()) return [];
    throw queueFault(error);
  }
}

/** Deletes messages that were stored. @throws ChannelFault `unavailable`; they then come again */
export async function deleteMessages(
  app: AmazonApp,
  messages: readonly QueueMessage[],
): Promise<void> {
  for (const some of chunked(messages, messagesMax)) {
    try {
      await clientOf(app).send(
        new DeleteMessageBatchCommand({
          QueueUrl: app.queue.url,
          Entries: some.map(({ receipt }, index) => ({
            Id: String(index),
            ReceiptHandle: receipt,
          })),
        }),
      );
    } catch (error) {
      throw queueFault(error);
    }
  }
}

/**
 * Reads whose message it is and its key; what it says is read later, from the inbox. Nothing here fails:
 * a message that cannot be read has no account, and the poller says so before it is deleted.
 */
export function queueMessageOf(message: Message): QueueMessage {
  const { ReceiptHandle: receipt = "" } = message;
  // SQS hands the text over inside JSON, where half a character can be spelled.
  const payload = Buffer.from(message.Body ?? "").toString("utf8");
  return { ...keysOf(payload, message.MessageId ?? contentKey(payload)), payload, receipt };
}

function keysOf(payload: string, messageId: string): AuthenticKeys {
  const read = withPascalKeys(parseJsonKeepingBigNumbers(payload));
  const key = notificationKey.safeParse(read).data;
  const { NotificationId, SubscriptionId } = key?.NotificationMetadata ?? {};
  return authenticKeys({
    accountId: sellerOf(key?.Payload) ?? ownerOfSubscription(SubscriptionId) ?? "",
    externalEventId:
      NotificationId ?? (isBare(key?.NotificationType) ? contentKey(payload) : messageId),
    topic: key?.NotificationType ?? unknownTopic,
    occurredAt: key?.EventTime,
  });
}

/** The type without metadata (channels.md 3.7): sent again it has another message id and the same content. */
function isBare(type: string | null | undefined): boolean {
  return type === "FBA_INVENTORY_AVAILABILITY_CHANGES";
}

function queueFault(error: unknown): ChannelFault {
  // The name alone: the kit's messages may repeat what was sent.
  const code = error instanceof Error ? error.name : "Error";
  return new ChannelFault({
    kind: "unavailable",
    message: "Amazon's message queue cannot be reached.",
    code,
  });
}
