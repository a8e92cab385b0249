import { spawn, spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { randomFreePort } from "#scripts/ports.ts";

/** The line every skipped Redis suite is explained with. */
export const redisMissing =
  "no Redis: set REDIS_URL or put redis-server on the PATH (apt-get install redis-server)";

const readyWithinMs = 10_000;
const pollEveryMs = 30;

/**
 * The Redis of this test run, or null where there is none. Use: `describe.skipIf(!testRedisUrl())`.
 * Suites share it: each uses key prefixes or queue names of its own.
 */
export function testRedisUrl(): string | null {
  return inject("redisUrl");
}

/** Whether the program `redis-server` is installed. */
export function redisInstalled(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

/**
 * A `redis-server` that keeps nothing; null when the program is not installed.
 * @param wantedPort for one that comes back where another was; a free one when left out
 */
export async function startRedis(wantedPort?: number): Promise<{
  url: string;
  pid: number;
  stop: () => Promise<void>;
} | null> {
  if (!redisInstalled()) return null;
  const port = wantedPort ?? (await randomFreePort());
  const settings = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
  const args = ["--port", String(port), ...settings, "--maxmemory-policy", "noeviction"];
  const child = spawn("redis-server", args, { stdio: "ignore", detached: true });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = (): boolean => child.kill("SIGKILL");
  process.once("exit", end);
  const stop = async (): Promise<void> => {
    process.off("exit", end);
    end();
    await exited;
  };
  const url = `redis://127.0.0.1:${port}`;
  if (await answersInTime(url)) return { url, pid: child.pid ?? 0, stop };
  await stop();
  throw new Error(`redis-server did not answer on port ${port} within ${readyWithinMs} ms`);
}

async function answersInTime(url: string): Promise<boolean> {
  const deadlineMs = Date.now() + readyWithinMs;
  while (Date.now() < deadlineMs) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      await pause(pollEveryMs);
    } finally {
      client.disconnect();
    }
  }
  return false;
}
