import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { nodeFlags, root } from "./run-command.ts";

/** Valid but for what the test gives; Redis and PostgreSQL are never asked. */
function start(script: string, wrong: Record<string, string>) {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production", ...wrong };
  const { status, stderr } = spawnSync(process.execPath, [...nodeFlags, path.join(root, script)], {
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, lines: stderr.trimEnd().split("\n") };
}

it.each(["app/server.ts", "workers/index.ts"])(
  "%s names every wrong variable once, the channels' too, and ends with 1",
  (script) => {
    const wrong = { REDIS_URL: "foo", LOG_LEVEL: "loud", EBAY_CLIENT_ID: "", SHOPIFY_API_KEY: "" };
    expect(start(script, wrong)).toEqual({
      status: 1,
      lines: [
        "REDIS_URL: must be a whole address, such as redis://127.0.0.1:6379",
        "SHOPIFY_API_KEY: is missing",
        "LOG_LEVEL: must be one of: trace, debug, info, warn, error, silent",
        "EBAY_CLIENT_ID: is missing",
      ],
    });
  },
);
