// A web process reduced to its door: started by bench/door.ts, so that the load comes from another process.
import { createServer } from "node:http";
import { webhookDoor } from "#app/ingest/door.server.ts";

const server = createServer((request, response) => {
  if (request.url === "/plain") {
    response.writeHead(200).end();
    return;
  }
  webhookDoor(request, response).then(
    (taken) => {
      if (!taken) response.writeHead(404).end();
    },
    () => response.writeHead(500).end(),
  );
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => process.send?.("ready"));
process.on("disconnect", () => process.exit(0));
