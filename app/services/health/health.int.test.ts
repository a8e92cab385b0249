import { afterAll, expect, it, vi } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { readHealth } from "./read-health.ts";

afterAll(closeDb);

const answers = () => Promise.resolve();

async function down(checkQueue = answers): Promise<string[]> {
  const { parts } = await readHealth(checkQueue);
  return parts.filter((part) => part.state === "down").map((part) => part.name);
}

it("names the worker while none is alive, and forgets one that went silent", async () => {
  expect(await down()).toEqual(["worker"]);
  const name = `worker:${newId()}`;
  await db().heartbeat.create({ data: { name, at: new Date(Date.now() - 60_000) } });
  expect(await down()).toEqual(["worker"]);
  await db().heartbeat.update({ where: { name }, data: { at: new Date() } });
  expect(await down()).toEqual([]);
});

it("names a queue that fails and one that never answers", async () => {
  expect(await down(() => Promise.reject(new Error("refused")))).toEqual(["queue"]);
  expect(await down(() => new Promise(() => undefined))).toEqual(["queue"]);
});

it("finds the queue's tables where the queue is on Postgres", async () => {
  const { parts } = await readHealth();
  expect(parts.find((part) => part.name === "queue")).toMatchObject({ state: "ok" });
});

it("names a ledger whose head is not its last entry", async () => {
  const { shopId } = await installShop({ domain: `shop-${newId()}.myshopify.com` });
  await db().ledgerHead.update({ where: { shopId }, data: { seq: 7 } });
  expect(await down()).toEqual(["ledger"]);
});

it("blames only Postgres while it is down, and shows no address", async () => {
  await closeDb();
  const reachable = process.env["DATABASE_URL"];
  vi.resetModules();
  vi.stubEnv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none");
  try {
    const { readHealth: readThere } = await import("./read-health.ts");
    const { ok, parts } = await readThere();
    expect(ok).toBe(false);
    expect(Object.fromEntries(parts.map(({ name, state }) => [name, state]))).toEqual({
      postgres: "down",
      queue: "unknown",
      worker: "unknown",
      ledger: "unknown",
    });
    expect(JSON.stringify(parts)).not.toMatch(/127\.0\.0\.1|:9/);
  } finally {
    vi.unstubAllEnvs();
    expect(process.env["DATABASE_URL"]).toBe(reachable);
  }
});
