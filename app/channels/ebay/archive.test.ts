import { gzipSync } from "node:zlib";
import { text as textOf } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { zipped } from "#sandbox/ebay/zip.ts";
import { unpacked } from "./archive.ts";

const content = "<SKUDetails>é</SKUDetails>\n".repeat(5_000);

async function read(file: Buffer): Promise<string | null> {
  const stream = unpacked(file);
  return stream && (await textOf(stream));
}

describe("eBay's files", () => {
  test("a zip, gzip and plain text come out the same", async () => {
    const plain = Buffer.from(content);
    expect(await read(zipped("report.xml", plain))).toBe(content);
    expect(await read(gzipSync(plain))).toBe(content);
    expect(await read(plain)).toBe(content);
  });

  test("a zip that was cut off anywhere is null, or fails as it is read", async () => {
    const file = zipped("report.xml", Buffer.from(content));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 5, max: file.length - 1 }), async (length) => {
        const text = await read(file.subarray(0, length)).catch(() => null);
        expect(text).toBeNull();
      }),
      { numRuns: 50 },
    );
  });
});
