import { PassThrough } from "node:stream";
import { createReadableStreamFromReadable, type EntryContext } from "@remix-run/node";
import { RemixServer } from "@remix-run/react";
import { isbot } from "isbot";
import { renderToPipeableStream } from "react-dom/server";
import { logger } from "#app/lib/logger.ts";
import { setDocumentHeaders } from "#app/shopify.server.ts";

// The one copy of database, queue and metrics lives in this bundle; the server in front of it
// (app/server.ts) reaches them through here.
export { webhookDoor } from "#app/ingest/door.server.ts";
export { closeWeb, readHealth, readMetrics } from "#app/web-parts.server.ts";

/** A page whose parts are not all there by then is sent as it is. */
export const streamTimeout = 5_000;

type Rendering = [request: Request, status: number, headers: Headers, context: EntryContext];

/** Renders a document. People get it as it comes, bots get it whole. */
export default function handleRequest(
  ...[request, status, headers, context]: Rendering
): Promise<Response> {
  setDocumentHeaders(request, headers);
  const whenReady = isbot(request.headers.get("user-agent") ?? "") ? "onAllReady" : "onShellReady";
  return new Promise((resolve, reject) => {
    let answerStatus = status;
    const { pipe, abort } = renderToPipeableStream(
      <RemixServer context={context} url={request.url} abortDelay={streamTimeout} />,
      {
        [whenReady]: () => {
          const body = new PassThrough();
          headers.set("content-type", "text/html; charset=utf-8");
          resolve(
            new Response(createReadableStreamFromReadable(body), { headers, status: answerStatus }),
          );
          pipe(body);
        },
        onShellError: reject,
        onError: (error) => {
          answerStatus = 500;
          logger.error({ err: error }, "a page failed to render");
        },
      },
    );
    setTimeout(abort, streamTimeout + 1_000).unref();
  });
}

/** A loader or action threw something that is not a Response. */
export function handleError(error: unknown, { request }: { request: Request }): void {
  if (request.signal.aborted) return;
  logger.error({ err: error, path: new URL(request.url).pathname }, "a request failed");
}
