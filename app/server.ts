import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequestHandler } from "@remix-run/express";
import type { ServerBuild } from "@remix-run/node";
import express, { type Express } from "express";
import { env } from "#app/env.server.ts";
import { logger } from "#app/lib/logger.ts";
import { requireConfiguration } from "#app/services/health/check-configuration.ts";
import { webEnv } from "#app/web-env.server.ts";

// The web process: webhooks first (they must be fast), then what machines ask, then the pages.

/** Requests under way get this long to end after SIGTERM. */
const stopMsMax = 10_000;
/** A request must have arrived whole by then. */
const requestMsMax = 30_000;
/** How often Node looks for requests that are over it. */
const slowCheckEveryMs = 1_000;
const assetAgeMs = 365 * 24 * 60 * 60 * 1000;

/** What app/entry.server.tsx exports for us: the built bundle holds the one database client and queue. */
type WebEntry = Pick<
  typeof import("#app/entry.server.tsx"),
  "webhookDoor" | "readHealth" | "readMetrics" | "closeWeb"
>;
type WebBuild = ServerBuild & { readonly entry: { readonly module: WebEntry } };

/** Ends the process with a sentence for whoever started it. */
function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

async function loadBuild(): Promise<WebBuild> {
  const address = new URL("../build/server/index.js", import.meta.url);
  if (!existsSync(address)) refuse("The pages are not built yet: npm run build.");
  return (await import(address.href)) as WebBuild;
}

async function answerHealth(entry: WebEntry, response: express.Response): Promise<void> {
  const health = await entry.readHealth();
  const parts = Object.fromEntries(
    health.parts.map(({ name, state, detail }) => [name, { state, detail }]),
  );
  const down = health.parts.filter(({ state }) => state === "down").map(({ name }) => name);
  response
    .status(health.ok ? 200 : 503)
    .set("cache-control", "no-store")
    .json({ status: health.ok ? "ok" : "down", down, parts });
}

async function answerMetrics(entry: WebEntry, response: express.Response): Promise<void> {
  const { contentType, text } = await entry.readMetrics();
  response.set("content-type", contentType).send(text);
}

function createApp(build: WebBuild): Express {
  const entry = build.entry.module;
  const app = express();
  app.disable("x-powered-by");
  app.get("/healthz", (_request, response, next) => {
    answerHealth(entry, response).catch(next);
  });
  app.get("/metrics", (_request, response, next) => {
    answerMetrics(entry, response).catch(next);
  });
  const client = new URL("../build/client", import.meta.url).pathname;
  app.use("/assets", express.static(`${client}/assets`, { immutable: true, maxAge: assetAgeMs }));
  app.use(express.static(client, { maxAge: "1h" }));
  const remix = createRequestHandler({ build });
  app.all("*", (request, response, next) => {
    // The handler gives its failures to `next` itself.
    void remix(request, response, next);
  });
  return app;
}

/** Webhooks first; whatever is not one goes to express. */
function createHandler(entry: WebEntry, app: Express) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (!(await entry.webhookDoor(request, response))) app(request, response);
    } catch (error) {
      logger.error({ err: error, path: request.url }, "the webhook door failed");
      // Not answered 200: the platform sends it again.
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  };
}

async function start(): Promise<void> {
  requireConfiguration([webEnv]);
  const build = await loadBuild();
  const entry = build.entry.module;
  const handle = createHandler(entry, createApp(build));
  const limits = { requestTimeout: requestMsMax, connectionsCheckingInterval: slowCheckEveryMs };
  const server = createServer(limits, (request, response) => void handle(request, response));
  const { HOST } = webEnv();
  const { PORT } = env();
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") {
      refuse(`Port ${PORT} is taken: another program listens there. Set PORT to a free one.`);
    }
    logger.fatal({ err: error }, "web cannot listen");
    process.exit(1);
  });
  server.listen(PORT, HOST, () => {
    logger.info({ host: HOST, port: PORT }, "web is ready");
  });

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "web is stopping");
    const late = setTimeout(() => {
      server.closeAllConnections();
    }, stopMsMax);
    server.close(() => {
      clearTimeout(late);
      entry.closeWeb().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
    server.closeIdleConnections();
  };
  process.on("SIGTERM", () => {
    stop("SIGTERM");
  });
  process.on("SIGINT", () => {
    stop("SIGINT");
  });
}

await start();
