import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AmazonResult, DocumentPiece } from "./client.ts";
import { ReportReader, type ReportSource } from "./report-reader.ts";

const signal = new AbortController().signal;

/** A document served in pieces of at most `pieceMax` bytes. */
function sourceOf(
  text: string,
  gzip: boolean,
  pieceMax = Infinity,
): ReportSource & { calls: number[] } {
  const document = gzip ? gzipSync(Buffer.from(text)) : Buffer.from(text);
  const calls: number[] = [];
  return {
    gzip,
    calls,
    fetch(from, length): Promise<AmazonResult<DocumentPiece>> {
      calls.push(from);
      const bytes = document.subarray(from, from + Math.min(length, pieceMax));
      const end = from + bytes.length >= document.length;
      return Promise.resolve({ ok: true, data: { bytes, end, charset: "utf-8" } });
    },
  };
}

async function allLines(reader: ReportReader, max: number): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const lines = await reader.lines(max, signal);
    found.push(...lines.map((bytes) => bytes.toString("utf8")));
    if (lines.length < max) return found;
  }
}

describe.each([true, false])("a report, packed: %s", (gzip) => {
  test("comes out line by line, however it is cut into pieces and pages", async () => {
    const line = fc
      .string({ unit: "grapheme", maxLength: 30 })
      .map((it) => it.replace(/[\r\n]/g, ""));
    const ending = fc.constantFrom("\n", "\r\n");
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        ending,
        fc.boolean(),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        async (lines, end, closed, pieceMax, pageMax) => {
          const text = lines.join(end) + (closed ? end : "");
          const wanted = text === "" ? [] : closed ? lines : text.split(end);
          while (!closed && wanted.at(-1) === "") wanted.pop();
          const reader = new ReportReader(sourceOf(text, gzip, pieceMax));
          const found = await allLines(reader, pageMax);
          while (!closed && found.at(-1) === "") found.pop();
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("another reader goes on where the first one stopped", async () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, index) => `row ${index}\t${"x".repeat(index % 90)}`,
    );
    const first = new ReportReader(sourceOf(lines.join("\n"), gzip, 3_000));
    await first.lines(1_234, signal);
    const source = sourceOf(lines.join("\n"), gzip, 3_000);
    const second = new ReportReader(source);
    await second.lines(1, signal);
    await second.seek(first.position, signal);
    expect(second.position).toBe(first.position);
    expect(await allLines(second, 100)).toEqual(lines.slice(1_234));
    // A plain report is not read again from its beginning.
    if (!gzip) expect(source.calls[1]).toBe(first.position);
  });

  test("a fault on the way is thrown, and a new reader begins again", async () => {
    const source = sourceOf("a\nb\nc\n", gzip, 2);
    const broken: ReportSource = {
      ...source,
      fetch: (from, length, at) =>
        from === 0
          ? source.fetch(from, length, at)
          : Promise.resolve({ ok: false, fault: { kind: "timeout", message: "late" } }),
    };
    await expect(new ReportReader(broken).lines(9, signal)).rejects.toThrow("late");
    expect(await allLines(new ReportReader(source), 2)).toEqual(["a", "b", "c"]);
  });
});

test("a packed report that breaks off, or is none, is never a short list", async () => {
  const whole = gzipSync(Buffer.from("a\n".repeat(1_000)));
  for (const document of [whole.subarray(0, whole.length - 9), Buffer.from("a\nb\n")]) {
    const fetch = (from: number): Promise<AmazonResult<DocumentPiece>> =>
      Promise.resolve({
        ok: true,
        data: { bytes: document.subarray(from), end: true, charset: null },
      });
    const reader = new ReportReader({ gzip: true, fetch });
    await expect(allLines(reader, 10_000)).rejects.toThrow("cannot be read");
    await expect(reader.lines(1, signal)).rejects.toThrow("cannot be read");
  }
});

test("a piece without bytes that is not the end is no endless loop", async () => {
  const fetch = (): Promise<AmazonResult<DocumentPiece>> =>
    Promise.resolve({ ok: true, data: { bytes: Buffer.alloc(0), end: false, charset: null } });
  const reader = new ReportReader({ gzip: false, fetch });
  await expect(reader.lines(1, signal)).rejects.toThrow("cannot be read");
});

test("a line without an end is given up, not kept", async () => {
  const fetch = (from: number, length: number): Promise<AmazonResult<DocumentPiece>> =>
    Promise.resolve({
      ok: true,
      data: { bytes: Buffer.alloc(length, "x"), end: from > 9_000_000, charset: null },
    });
  const reader = new ReportReader({ gzip: false, fetch });
  await expect(reader.lines(1, signal)).rejects.toThrow("cannot be read");
});
