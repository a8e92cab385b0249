import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../start.ts";
import { testCredential, testSandboxConfig } from "../test-config.ts";

let sandbox: Sandbox;
let client: SQSClient;
const sqsAccessKeyId = testCredential("AMAZON_SQS_ACCESS_KEY_ID");
const sqsSecretAccessKey = testCredential("AMAZON_SQS_SECRET_ACCESS_KEY");
const sqsRegion = "us-east-1";

function clientWith(secretAccessKey: string): SQSClient {
  return new SQSClient({
    endpoint: `${sandbox.url}/amazon/sqs`,
    region: sqsRegion,
    credentials: { accessKeyId: sqsAccessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}

beforeEach(async () => {
  sandbox = await startSandbox({ config: testSandboxConfig });
  client = clientWith(sqsSecretAccessKey);
});

afterEach(async () => {
  client.destroy();
  await sandbox.stop();
});

const queueUrl = () => `${sandbox.url}/amazon/sqs/000000000000/lockstep`;
const receive = (options: { wait?: number; visibility?: number } = {}) =>
  client.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl(),
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: options.wait ?? 0,
      VisibilityTimeout: options.visibility ?? 30,
      MessageSystemAttributeNames: ["SentTimestamp", "ApproximateReceiveCount"],
    }),
  );

test("a sale wakes a long poll of the AWS client, and a deleted message is gone", async () => {
  const polling = receive({ wait: 20 });
  const sold = sandbox.control.order({ channel: "amazon", sku: "TEE-001-S", quantity: 2 });
  const { Messages: messages = [] } = await polling;
  expect(messages).toHaveLength(1);
  const body = JSON.parse(messages[0]?.Body ?? "") as {
    Payload: { OrderChangeNotification: { AmazonOrderId: string; Summary: unknown } };
  };
  const change = body.Payload.OrderChangeNotification;
  expect(change.AmazonOrderId).toBe(sold.accepted ? sold.orderId : "");
  expect(change.Summary).toMatchObject({
    OrderStatus: "Unshipped",
    OrderItems: [{ SellerSKU: "TEE-001-S", Quantity: 2 }],
  });
  expect(Number(messages[0]?.Attributes?.SentTimestamp)).toBeGreaterThan(0);
  await client.send(
    new DeleteMessageCommand({
      QueueUrl: queueUrl(),
      ReceiptHandle: messages[0]?.ReceiptHandle ?? "",
    }),
  );
  const left = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl(), AttributeNames: ["All"] }),
  );
  expect(left.Attributes?.ApproximateNumberOfMessages).toBe("0");
  expect(left.Attributes?.ApproximateNumberOfMessagesNotVisible).toBe("0");
});

test("a message that is not deleted comes again when its visibility ends", async () => {
  sandbox.control.order({ channel: "amazon", sku: "TEE-001-S" });
  const first = await receive({ visibility: 1 });
  expect(first.Messages).toHaveLength(1);
  expect((await receive()).Messages).toBeUndefined();
  const again = await receive({ wait: 5 });
  expect(again.Messages?.[0]?.Attributes?.ApproximateReceiveCount).toBe("2");
  expect(again.Messages?.[0]?.Body).toBe(first.Messages?.[0]?.Body);
});

test("at most ten messages at once; batches delete", async () => {
  for (let sale = 0; sale < 12; sale += 1) {
    sandbox.control.order({ channel: "amazon", sku: "TEE-001-S" });
  }
  const { Messages: messages = [] } = await receive();
  expect(messages).toHaveLength(10);
  const deleted = await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl(),
      Entries: messages.map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message.ReceiptHandle,
      })),
    }),
  );
  expect(deleted.Successful).toHaveLength(10);
  expect((await receive()).Messages).toHaveLength(2);
});

test("a wrong secret or no signature is refused", async () => {
  const stranger = clientWith("not-the-secret");
  await expect(
    stranger.send(new ReceiveMessageCommand({ QueueUrl: queueUrl() })),
  ).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  stranger.destroy();
  const unsigned = await fetch(queueUrl(), {
    method: "POST",
    headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" },
    body: JSON.stringify({ QueueUrl: queueUrl() }),
  });
  expect(unsigned.status).toBe(403);
});
