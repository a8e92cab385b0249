import { buildSchema } from "graphql";
import { expect, test, vi } from "vitest";
import type { SandboxContext } from "../context.ts";
import { createBulkOperations, type BulkOperation } from "./bulk-operations.ts";

const schema = buildSchema(`
  type Query { things(first: Int, after: String): ThingConnection! }
  type ThingConnection { nodes: [Thing!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Thing { id: ID! text: String! }
`);
const query = "{ things { nodes { id text } } }";

/** Operations over so many things, each with a text of so many characters. */
function operationsOver(count: number, chars: number) {
  const told: string[] = [];
  const things = ({ first, after }: { first: number; after: string | null }) => {
    const from = Number(after ?? 0);
    const to = Math.min(from + first, count);
    return {
      nodes: Array.from({ length: to - from }, (_, index) => ({
        id: `gid://shopify/Thing/${String(from + index)}`,
        text: "x".repeat(chars),
      })),
      pageInfo: { hasNextPage: to < count, endCursor: String(to) },
    };
  };
  const context = {
    now: () => 1_800_000_000_000,
    credential: () => "secret",
    sandboxUrl: () => "http://127.0.0.1:1",
    changed: () => undefined,
  } as unknown as SandboxContext;
  const operations = createBulkOperations({
    ...{ context, schema, rootValue: () => ({ things }) },
    tell: (topic) => void told.push(topic),
  });
  return { operations, told };
}

async function done(operation: BulkOperation | { readonly code: string }): Promise<BulkOperation> {
  if ("code" in operation) throw new Error(operation.code);
  await vi.waitFor(() => expect(operation.status).not.toBe("RUNNING"));
  return operation;
}

test("five at once and no more; a finished one makes room", async () => {
  const { operations, told } = operationsOver(1, 1);
  const started = Array.from({ length: 6 }, () => operations.start(query));
  expect(started.map((one) => ("code" in one ? one.code : one.status))).toEqual([
    ...Array.from({ length: 5 }, () => "RUNNING"),
    "LIMIT_REACHED",
  ]);
  await Promise.all(started.slice(0, 5).map(done));
  expect(operations.start(query)).toMatchObject({ status: "RUNNING" });
  expect(told).toHaveLength(5);
});

test("all slices come together in one file", async () => {
  const { operations } = operationsOver(700, 1);
  const operation = await done(operations.start(query));
  expect(operation).toMatchObject({ status: "COMPLETED", objects: 700, rootObjects: 700 });
  expect(operation.file?.toString().trimEnd().split("\n")).toHaveLength(700);
});

test("nothing found leaves no file", async () => {
  const { operations } = operationsOver(0, 1);
  const operation = await done(operations.start(query));
  expect(operations.node(operation)).toMatchObject({ status: "COMPLETED", url: null });
});

test("a file too large to keep is expired after a restart, and so is what was running", async () => {
  const { operations } = operationsOver(300, 8_000);
  const large = await done(operations.start(query));
  const running = operations.start(query);
  const saved = JSON.parse(JSON.stringify(operations.snapshot())) as ReturnType<
    typeof operations.snapshot
  >;
  const fresh = operationsOver(0, 0).operations;
  fresh.restore(saved);
  for (const one of [large, running as BulkOperation]) {
    const found = fresh.find(`gid://shopify/BulkOperation/${String(one.number)}`);
    expect(found).toMatchObject({ status: "EXPIRED", file: null });
  }
  await done(running);
});
