import { Writable } from "node:stream";
import pino from "pino";
import { expect, it } from "vitest";
import { logger } from "./logger.ts";

/** The app's logger writing into a list: the same settings, another end. */
function recorded(): { readonly log: typeof logger; readonly lines: string[] } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = logger.child({}, { level: "info" });
  // pino keeps its destination under this symbol; a child shares everything else.
  Object.assign(log, { [pino.symbols.streamSym]: sink });
  return { log, lines };
}

it.each(["accessToken", "refreshToken", "secrets", "authorization", "token"])(
  "masks %s, at the top and one level deep",
  (name) => {
    const { log, lines } = recorded();
    log.info({ [name]: "hush-1", connection: { [name]: "hush-2", label: "eBay" } }, "said");
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("hush");
    const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(line).toMatchObject({
      msg: "said",
      [name]: "[secret]",
      connection: { [name]: "[secret]", label: "eBay" },
    });
  },
);

it("writes one JSON line with an ISO time", () => {
  const { log, lines } = recorded();
  log.info({ correlationId: "c-1" }, "two\nlines");
  expect(lines[0]?.trim().split("\n")).toHaveLength(1);
  const line = JSON.parse(lines[0] ?? "") as { time: string; correlationId: string };
  expect(line.correlationId).toBe("c-1");
  expect(new Date(line.time).toISOString()).toBe(line.time);
});
