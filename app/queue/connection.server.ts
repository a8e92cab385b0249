import { createPostgresBackend, createRedisBackend, withBackend } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { z } from "zod";
import { env } from "#app/env.server.ts";
import { logger } from "#app/lib/logger.ts";
import type { QueueName } from "./names.ts";

// BullMQ on Redis where there is one, else on the same Postgres. Nothing outside this file knows which.

/** Connections for queues and workers of this process on Postgres; each worker keeps one to listen. */
const queuePoolConnectionsMax = 10;
/** A job whose worker shows no life for this long is handed to another one. */
const lockMs = 3_000;
const stalledCheckMs = 1_000;
/** Being stalled is no fault of a wake-up: it is given out again and again. */
const stalledMax = 1_000_000;
/** Failed wake-ups kept for a look; the sweeper repeats them anyway. */
const failedKeptMax = 100;
/** A wake-up that cannot be sent in this time is left to the sweeper. */
const addMsMax = 2_000;

/** A wake-up carries ids only; the truth is in Postgres. Checked on both ends. */
const wakeUp = z.object({ shopId: z.uuid(), subjectId: z.uuid() });
export type WakeUp = z.infer<typeof wakeUp>;

interface AnyQueue {
  addBulk(jobs: { name: string; data: WakeUp; opts: object }[]): Promise<unknown>;
  close(): Promise<void>;
}
interface AnyWorker {
  close(force?: boolean): Promise<void>;
}

interface Kit {
  openQueue(name: QueueName): AnyQueue;
  openWorker(name: QueueName, handle: (data: unknown) => Promise<void>, slots: number): AnyWorker;
  end(): Promise<void>;
}

const workerOptions = {
  lockDuration: lockMs,
  stalledInterval: stalledCheckMs,
  maxStalledCount: stalledMax,
};

function warn(what: string) {
  return (error: Error) => logger.warn({ err: error }, `${what}: ${error.message}`);
}

function redisKit(url: string): Kit {
  const { Queue, Worker } = withBackend(createRedisBackend);
  // A sender fails at once when Redis is away; a worker waits for its return.
  const sending = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  const working = new Redis(url, { maxRetriesPerRequest: null });
  sending.on("error", warn("redis"));
  working.on("error", warn("redis"));
  return {
    openQueue(name) {
      const queue = new Queue(name, { connection: sending });
      queue.on("error", warn(`queue ${name}`));
      return queue;
    },
    openWorker(name, handle, concurrency) {
      const options = { ...workerOptions, connection: working, concurrency };
      const worker = new Worker(name, (job) => handle(job.data), options);
      worker.on("error", warn(`worker ${name}`));
      return worker;
    },
    end() {
      sending.disconnect();
      working.disconnect();
      return Promise.resolve();
    },
  };
}

function postgresKit(connectionString: string): Kit {
  const { Queue, Worker } = withBackend(createPostgresBackend);
  const pool = new pg.Pool({
    connectionString,
    max: queuePoolConnectionsMax,
    options: "-c search_path=bullmq",
  });
  pool.on("error", warn("queue connection"));
  return {
    openQueue(name) {
      const queue = new Queue(name, { connection: pool });
      queue.on("error", warn(`queue ${name}`));
      return queue;
    },
    openWorker(name, handle, concurrency) {
      const options = { ...workerOptions, connection: pool, concurrency };
      const worker = new Worker(name, (job) => handle(job.data), options);
      worker.on("error", warn(`worker ${name}`));
      return worker;
    },
    end: () => pool.end(),
  };
}

let kit: Kit | undefined;
const queues = new Map<QueueName, AnyQueue>();
const workers = new Set<AnyWorker>();

function currentKit(): Kit {
  const { REDIS_URL, DATABASE_URL } = env();
  kit ??= REDIS_URL ? redisKit(REDIS_URL) : postgresKit(DATABASE_URL);
  return kit;
}

/**
 * Sends wake-ups. One that waits already stands for the new one too; one that is being handled is
 * followed by another run (`keepLastIfActive`: plain deduplication loses it, performance.md 3).
 * @throws when the queue's store does not take them within {@link addMsMax}
 */
export async function addWakeUps(name: QueueName, wakeUps: readonly WakeUp[]): Promise<void> {
  let queue = queues.get(name);
  if (!queue) {
    queue = currentKit().openQueue(name);
    queues.set(name, queue);
  }
  const jobs = wakeUps.map((data) => ({
    name,
    data: wakeUp.parse(data),
    opts: {
      deduplication: { id: data.subjectId, keepLastIfActive: true },
      removeOnComplete: true,
      removeOnFail: { count: failedKeptMax },
    },
  }));
  await withDeadline(queue.addBulk(jobs), addMsMax);
}

async function withDeadline<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the queue did not answer in ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts handling wake-ups of one queue.
 * @param slots wake-ups handled at the same time in this process
 */
export function startWorker(
  name: QueueName,
  handle: (wakeUp: WakeUp) => Promise<void>,
  slots: number,
): void {
  const handleJob = async (data: unknown) => {
    const parsed = wakeUp.parse(data);
    await handle(parsed).catch((error: unknown) => {
      logger.error({ err: error, queue: name, ...parsed }, "a wake-up failed");
      throw error;
    });
  };
  workers.add(currentKit().openWorker(name, handleJob, slots));
}

/** Finishes what is being handled, then closes all of this process's queues and workers. */
export async function closeQueues(): Promise<void> {
  await Promise.all([...workers].map((worker) => worker.close()));
  await Promise.all([...queues.values()].map((queue) => queue.close()));
  await kit?.end();
  workers.clear();
  queues.clear();
  kit = undefined;
}

/** "redis" or "postgres": for health and for people. */
export function queueBackend(): "redis" | "postgres" {
  return env().REDIS_URL ? "redis" : "postgres";
}
