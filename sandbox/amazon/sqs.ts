import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { MessageQueue, QueueMessage } from "./queue.ts";
import { verifySigV4 } from "./sigv4.ts";

/** SQS's own bounds. */
const messagesPerReceiveMax = 10;
const waitSMax = 20;
const visibilitySMax = 43_200;
const visibilitySDefault = 30;
const batchEntriesMax = 10;
/** The queue the demo merchant's destination points at. */
const queuePath = "/000000000000/lockstep";

const queueUrlShape = z.looseObject({ QueueUrl: z.string() });
const receiveShape = queueUrlShape.extend({
  MaxNumberOfMessages: z.number().int().min(1).max(messagesPerReceiveMax).default(1),
  WaitTimeSeconds: z.number().int().min(0).max(waitSMax).default(0),
  VisibilityTimeout: z.number().int().min(0).max(visibilitySMax).default(visibilitySDefault),
});
const deleteShape = queueUrlShape.extend({ ReceiptHandle: z.string() });
const deleteBatchShape = queueUrlShape.extend({
  Entries: z
    .array(z.looseObject({ Id: z.string(), ReceiptHandle: z.string() }))
    .min(1)
    .max(batchEntriesMax),
});

/** SQS over its JSON protocol, as the AWS SDK v3 client speaks it. Calls are signed (SigV4). */
export async function handleSqs(
  context: SandboxContext,
  queue: MessageQueue,
  request: SandboxRequest,
  response: ServerResponse,
): Promise<void> {
  const sqsAccessKeyId = context.credential("AMAZON_SQS_ACCESS_KEY_ID");
  const sqsSecretAccessKey = context.credential("AMAZON_SQS_SECRET_ACCESS_KEY");
  const verdict = verifySigV4(request, request.url.pathname, {
    accessKeyId: sqsAccessKeyId,
    secretAccessKey: sqsSecretAccessKey,
  });
  if (verdict === "missing") {
    answerFault(response, 403, "MissingAuthenticationToken", "The request must be signed.");
    return;
  }
  if (verdict !== "valid") {
    const code = verdict === "unknown-key" ? "InvalidClientTokenId" : "SignatureDoesNotMatch";
    answerFault(response, 403, code, "The security token or signature included is invalid.");
    return;
  }
  const body = parseJson(request.rawBody);
  const named = queueUrlShape.safeParse(body);
  if (!named.success || !named.data.QueueUrl.endsWith(queuePath)) {
    answerFault(response, 400, "QueueDoesNotExist", "The specified queue does not exist.");
    return;
  }
  const target = request.headers["x-amz-target"] ?? "";
  const result = await runTarget(queue, target.replace(/^AmazonSQS\./, ""), body, response);
  if ("fault" in result) answerFault(response, 400, result.fault, result.message);
  else answer(response, 200, result.output);
}

type TargetResult =
  { readonly output: unknown } | { readonly fault: string; readonly message: string };

async function runTarget(
  queue: MessageQueue,
  target: string,
  body: unknown,
  response: ServerResponse,
): Promise<TargetResult> {
  switch (target) {
    case "ReceiveMessage": {
      const parsed = receiveShape.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      const hungUp = new AbortController();
      response.once("close", () => {
        hungUp.abort();
      });
      const messages = await queue.receive({
        max: parsed.data.MaxNumberOfMessages,
        waitMs: parsed.data.WaitTimeSeconds * 1_000,
        visibilityMs: parsed.data.VisibilityTimeout * 1_000,
        cancelled: hungUp.signal,
      });
      return { output: messages.length > 0 ? { Messages: messages.map(wireMessage) } : {} };
    }
    case "DeleteMessage": {
      const parsed = deleteShape.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      queue.delete(parsed.data.ReceiptHandle);
      return { output: {} };
    }
    case "DeleteMessageBatch": {
      const parsed = deleteBatchShape.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      for (const entry of parsed.data.Entries) queue.delete(entry.ReceiptHandle);
      const done = parsed.data.Entries.map(({ Id }) => ({ Id }));
      return { output: { Successful: done, Failed: [] } };
    }
    case "GetQueueAttributes": {
      const { visible, hidden } = queue.counts();
      const Attributes = {
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(hidden),
        ApproximateNumberOfMessagesDelayed: "0",
        VisibilityTimeout: String(visibilitySDefault),
        QueueArn: "arn:aws:sqs:us-east-1:000000000000:lockstep",
      };
      return { output: { Attributes } };
    }
    default:
      return { fault: "UnsupportedOperation", message: `Unknown operation ${target}.` };
  }
}

function invalid(error: z.ZodError): TargetResult {
  const [first] = error.issues;
  const message = `Value for parameter ${first?.path.join(".") ?? "?"} is invalid: ${first?.message ?? ""}`;
  return { fault: "InvalidParameterValue", message };
}

function wireMessage(message: QueueMessage): unknown {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    MD5OfBody: message.md5,
    Body: message.body,
    Attributes: {
      SentTimestamp: String(message.sentAtMs),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
      SenderId: "437568002678",
    },
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  answerJson(response, status, body, {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-requestid": randomUUID(),
  });
}

function answerFault(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  answer(response, status, { __type: `com.amazonaws.sqs#${code}`, message });
}
