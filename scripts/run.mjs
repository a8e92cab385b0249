// node scripts/run.mjs NAME ARGS…: installs what is missing, then runs the program of that name on Node 22.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, URL } from "node:url";
import { ensureInstalled, hand, requireNode, root } from "./install.mjs";

/** `env`: reads .env where there is one. `server`: production, and no development packages needed. */
const programs = {
  reset: { file: new URL("./reset.ts", import.meta.url) },
  "flash-sale": { file: new URL("./flash-sale.ts", import.meta.url) },
  bench: { file: new URL("../bench/index.ts", import.meta.url) },
  screenshots: { file: new URL("../tests/e2e/screenshot.ts", import.meta.url) },
  build: {
    file: new URL("../node_modules/@remix-run/dev/dist/cli.js", import.meta.url),
    args: ["vite:build"],
  },
  "dead-letters": { file: new URL("./dead-letters.ts", import.meta.url), env: true },
  "api-token": { file: new URL("./api-token.ts", import.meta.url), env: true },
  channels: { file: new URL("./channels.ts", import.meta.url) },
  "channel:new": { file: new URL("./channel-new.ts", import.meta.url) },
  "channel:try": { file: new URL("./channel-try.ts", import.meta.url) },
  migrate: { file: new URL("./migrate.ts", import.meta.url), env: true, server: true },
  "start:web": { file: new URL("../app/server.ts", import.meta.url), env: true, server: true },
  "start:worker": {
    file: new URL("../workers/index.ts", import.meta.url),
    env: true,
    server: true,
  },
};

const [name, ...rest] = process.argv.slice(2);
const program = programs[name];
if (!program) {
  console.error(`There is no program "${name}". There are: ${Object.keys(programs).join(", ")}`);
  process.exit(2);
}
const { file, args = [], env = false, server = false } = program;
const envFile = path.join(root, ".env");

requireNode();
await ensureInstalled({ dev: !server });
hand(path.relative(root, fileURLToPath(file)), [...args, ...rest], {
  flags: env && existsSync(envFile) ? [`--env-file=${envFile}`] : [],
  variables: server ? { NODE_ENV: "production" } : {},
});
