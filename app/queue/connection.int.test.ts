import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newId } from "#app/lib/ids.ts";
import { testRedisUrl } from "#tests/setup/redis.ts";
import { until } from "#tests/support/until.ts";
import type { QueueName } from "./names.ts";

type Queues = typeof import("./connection.server.ts");

const backends = [
  { backend: "postgres", redisUrl: null },
  { backend: "redis", redisUrl: testRedisUrl() },
] as const;

// DESIGN 11: both backends pass the same suite; nothing else knows which one it has.
describe.each(backends)("queues on $backend", ({ backend, redisUrl }) => {
  const missing = backend === "redis" && redisUrl === null;
  const given = process.env["REDIS_URL"];
  let queues: Queues;

  /** A process of its own: fresh modules read the environment anew. */
  async function freshProcess(): Promise<Queues> {
    vi.resetModules();
    if (redisUrl === null) delete process.env["REDIS_URL"];
    else process.env["REDIS_URL"] = redisUrl;
    return await import("./connection.server.ts");
  }

  beforeEach(async () => {
    if (!missing) queues = await freshProcess();
  });
  afterEach(async () => {
    if (!missing) await queues.closeQueues();
  });
  afterAll(() => {
    if (given === undefined) delete process.env["REDIS_URL"];
    else process.env["REDIS_URL"] = given;
  });

  const queue: QueueName = "ingest";
  const wakeUpOf = (subjectId = newId()) => ({ shopId: newId(), subjectId });

  it.skipIf(missing)("says which one it is", () => {
    expect(queues.queueBackend()).toBe(backend);
  });

  it.skipIf(missing)("hands a wake-up to a worker, with its ids", async () => {
    const handled: object[] = [];
    queues.startWorker(
      queue,
      (wakeUp) => {
        handled.push(wakeUp);
        return Promise.resolve();
      },
      4,
    );
    const wakeUp = wakeUpOf();
    await queues.addWakeUps(queue, [wakeUp]);
    await until("it is handled", () => handled.length > 0);
    expect(handled).toEqual([wakeUp]);
  });

  it.skipIf(missing)(
    "Nothing is lost: over 40 subjects, news during a run bring another run after it",
    async () => {
      const subjects = Array.from({ length: 40 }, () => wakeUpOf());
      // What lies in Postgres: news that wait, by subject.
      const waiting = new Map(subjects.map(({ subjectId }) => [subjectId, 1]));
      const running = new Set<string>();
      const overlaps: string[] = [];
      let runs = 0;
      queues.startWorker(
        queue,
        async ({ subjectId }) => {
          if (running.has(subjectId)) overlaps.push(subjectId);
          running.add(subjectId);
          runs += 1;
          const found = waiting.get(subjectId) ?? 0;
          // It looked. What comes from here on, this run does not see.
          if (arrivals.get(subjectId) === 0) {
            for (let again = 1; again <= 3; again += 1) {
              arrivals.set(subjectId, again);
              waiting.set(subjectId, (waiting.get(subjectId) ?? 0) + 1);
              await queues.addWakeUps(queue, [{ shopId: subjectId, subjectId }]);
            }
          }
          waiting.set(subjectId, (waiting.get(subjectId) ?? 0) - found);
          running.delete(subjectId);
        },
        8,
      );
      const arrivals = new Map(subjects.map(({ subjectId }) => [subjectId, 0]));
      await queues.addWakeUps(queue, subjects);
      await until("all news are found", () => [...waiting.values()].every((left) => left === 0));
      expect([...arrivals.values()]).toEqual(new Array(40).fill(3));
      expect(overlaps).toEqual([]);
      // One for the first news, one for the three that came meanwhile: not four.
      expect(runs).toBeLessThanOrEqual(40 * 3);
    },
  );

  it.skipIf(missing)("a wake-up that waits already stands for those that follow", async () => {
    const wakeUp = wakeUpOf();
    for (let again = 0; again < 10; again += 1) await queues.addWakeUps(queue, [wakeUp]);
    const last = wakeUpOf();
    await queues.addWakeUps(queue, [last]);
    const handled: string[] = [];
    queues.startWorker(
      queue,
      ({ subjectId }) => {
        handled.push(subjectId);
        return Promise.resolve();
      },
      1,
    );
    await until("the last one is handled", () => handled.includes(last.subjectId));
    expect(handled.filter((subjectId) => subjectId === wakeUp.subjectId)).toHaveLength(1);
  });

  it.skipIf(missing)(
    "a wake-up that failed does not block the next one of its subject",
    async () => {
      let tries = 0;
      queues.startWorker(
        queue,
        () => {
          tries += 1;
          return tries === 1 ? Promise.reject(new Error("it failed")) : Promise.resolve();
        },
        1,
      );
      const wakeUp = wakeUpOf();
      await queues.addWakeUps(queue, [wakeUp]);
      await until("it failed", () => tries === 1);
      // What the sweeper does.
      await until("it is handled again", async () => {
        await queues.addWakeUps(queue, [wakeUp]);
        return tries >= 2;
      });
    },
  );

  it.skipIf(missing)("the queues are apart", async () => {
    const seen: string[] = [];
    for (const name of ["ingest", "resolve", "propagate"] as const) {
      queues.startWorker(
        name,
        ({ subjectId }) => {
          seen.push(`${name} ${subjectId}`);
          return Promise.resolve();
        },
        1,
      );
    }
    const wakeUp = wakeUpOf();
    await queues.addWakeUps("resolve", [wakeUp]);
    await queues.addWakeUps("propagate", [wakeUp]);
    await until("both are handled", () => seen.length >= 2);
    expect(new Set(seen)).toEqual(
      new Set([`resolve ${wakeUp.subjectId}`, `propagate ${wakeUp.subjectId}`]),
    );
  });

  it.skipIf(missing)(
    "closing finishes what is being handled, and hands out nothing more",
    async () => {
      let [begun, ended] = [0, 0];
      queues.startWorker(
        queue,
        async () => {
          begun += 1;
          await new Promise((resolve) => setTimeout(resolve, 200));
          ended += 1;
        },
        2,
      );
      await queues.addWakeUps(queue, [wakeUpOf(), wakeUpOf(), wakeUpOf(), wakeUpOf()]);
      await until("some are being handled", () => begun > 0);
      const startedAtMs = Date.now();
      await queues.closeQueues();
      expect(Date.now() - startedAtMs).toBeLessThan(5_000);
      expect(ended).toBe(begun);
      const begunAtClose = begun;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(begun).toBe(begunAtClose);
      // What is left is handled by the next process.
      queues = await freshProcess();
      let rest = 0;
      queues.startWorker(
        queue,
        () => {
          rest += 1;
          return Promise.resolve();
        },
        2,
      );
      await until("the rest is handled", () => begunAtClose + rest === 4);
    },
  );

  it.skipIf(missing)("carries ids only, checked on the way in", async () => {
    const wrong = { shopId: "not an id", subjectId: newId() };
    await expect(queues.addWakeUps(queue, [wrong])).rejects.toThrow();
  });

  it.skipIf(missing)("closing what was never opened is nothing", async () => {
    await queues.closeQueues();
    await queues.closeQueues();
  });
});

it.skipIf(testRedisUrl() === null)(
  "a Redis that is away fails a wake-up soon instead of holding the caller up",
  async () => {
    vi.resetModules();
    const given = process.env["REDIS_URL"];
    process.env["REDIS_URL"] = "redis://127.0.0.1:9";
    const queues = await import("./connection.server.ts");
    const startedAtMs = Date.now();
    await expect(
      queues.addWakeUps("ingest", [{ shopId: newId(), subjectId: newId() }]),
    ).rejects.toThrow();
    expect(Date.now() - startedAtMs).toBeLessThan(5_000);
    await queues.closeQueues();
    if (given === undefined) delete process.env["REDIS_URL"];
    else process.env["REDIS_URL"] = given;
  },
);
