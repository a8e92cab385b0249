import { createServer } from "node:net";
import { expect, it } from "vitest";
import { randomFreePort } from "./ports.ts";
import { databaseUrlProblem, redisProblem, requireDatabase } from "./reachable.ts";

it("refuses what is no PostgreSQL address and passes those that are", () => {
  expect(databaseUrlProblem("mysql://root@127.0.0.1/shop")).toMatch(/^DATABASE_URL: must be/);
  expect(databaseUrlProblem("foo")).toMatch(/^DATABASE_URL: must be/);
  expect(databaseUrlProblem("postgres://u@h/d")).toBeUndefined();
  expect(databaseUrlProblem("postgresql://u:p@h:5432/d")).toBeUndefined();
});

it("says in one sentence that no database is there, without its password", async () => {
  const port = await randomFreePort();
  const told = await requireDatabase(`postgresql://u:hidden@127.0.0.1:${port}/d`).catch(
    (error: unknown) => String(error),
  );
  expect(told).toContain(`127.0.0.1:${port}: nothing listens there.`);
  expect(told).not.toContain("hidden");
  expect(told).not.toContain("\n");
});

it("says that no Redis is there, and does not wait for a silent one", async () => {
  const port = await randomFreePort();
  expect(await redisProblem(`redis://127.0.0.1:${port}`)).toBe(
    `REDIS_URL: no Redis answers at 127.0.0.1:${port}: nothing listens there`,
  );
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
  const startedAtMs = Date.now();
  expect(await redisProblem(`redis://127.0.0.1:${port}`)).toMatch(/: no answer in 2 s$/);
  expect(Date.now() - startedAtMs).toBeLessThan(4_000);
  silent.close();
});
