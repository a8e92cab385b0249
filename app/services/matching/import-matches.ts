import { CsvError, parse } from "csv-parse";
import { db } from "#app/db/client.server.ts";
import { componentsMax, componentUnitsMax, decideMatches, type Match } from "./decide-matches.ts";
import { matchActions } from "./match-columns.ts";

/** Lines of one file. */
export const csvLinesMax = 200_000;
/** Characters of one line. */
const lineCharsMax = 20_000;
/** Lines decided together. */
const batchLinesMax = 1_000;
/** Lines with problems that a report names one by one. */
const problemsMax = 10_000;

/** What became of a file, line by line. */
export interface MatchReport {
  readonly lines: number;
  readonly matched: number;
  readonly ignored: number;
  readonly unmatched: number;
  /** Nothing was to be done. */
  readonly unchanged: number;
  /** Lines that were not followed, with the reason; line 1 is the header. */
  readonly problems: readonly {
    readonly line: number;
    readonly listing: string;
    readonly reason: string;
  }[];
}

/**
 * Follows a file of matches (`exportMatches` makes one to begin with; only `listing` and one of `sku`, `components`,
 * `action` are needed). Good lines count, bad ones come back with reasons.
 * @param dryRun says what would happen and changes nothing
 * @throws RangeError in words when the file is no such file
 */
export async function importMatches(
  shopId: string,
  connectionId: string,
  text: AsyncIterable<string | Buffer> | Iterable<string>,
  dryRun = false,
): Promise<MatchReport> {
  const file = new MatchFile(shopId, connectionId, dryRun);
  const parser = parse({
    bom: true,
    columns: (header: string[]) =>
      header.map((name) => name.trim().toLowerCase().replaceAll(" ", "_")),
    skip_empty_lines: true,
    relax_column_count: true,
    trim: false,
    max_record_size: lineCharsMax,
    info: true,
  });
  const feeding = feed(parser, text);
  try {
    for await (const record of parser as AsyncIterable<ParsedLine>) await file.take(record);
    await feeding;
  } catch (error) {
    if (error instanceof CsvError) throw new RangeError(`The file is no CSV: ${error.message}`);
    throw error;
  }
  return await file.end();
}

interface ParsedLine {
  readonly record: Readonly<Record<string, string | undefined>>;
  readonly info: { readonly lines: number };
}

async function feed(
  parser: ReturnType<typeof parse>,
  text: AsyncIterable<string | Buffer> | Iterable<string>,
): Promise<void> {
  try {
    for await (const piece of text) {
      if (!parser.write(piece)) await new Promise((resolve) => parser.once("drain", resolve));
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

interface Line {
  readonly line: number;
  readonly listing: string;
  readonly sku: string;
  readonly components: string;
  readonly action: string;
  readonly suggestion: string;
}

type Problem = MatchReport["problems"][number];

class MatchFile {
  readonly #shopId: string;
  readonly #connectionId: string;
  readonly #dryRun: boolean;
  #waiting: Line[] = [];
  readonly #counts = { lines: 0, matched: 0, ignored: 0, unmatched: 0, unchanged: 0 };
  readonly #problems: Problem[] = [];

  constructor(shopId: string, connectionId: string, dryRun: boolean) {
    this.#shopId = shopId;
    this.#connectionId = connectionId;
    this.#dryRun = dryRun;
  }

  async take({ record, info }: ParsedLine): Promise<void> {
    if (!("listing" in record)) {
      throw new RangeError('The file has no column "listing": begin with an exported one.');
    }
    this.#counts.lines += 1;
    if (this.#counts.lines > csvLinesMax) {
      throw new RangeError(`The file has more than ${csvLinesMax} lines: split it.`);
    }
    const cell = (name: string) => plainText(record[name]);
    const action = cell("action").toLowerCase();
    const line: Line = {
      ...{ line: info.lines, listing: cell("listing"), sku: record["sku"] ?? "" },
      ...{ components: cell("components"), action, suggestion: cell("suggestion") },
    };
    if (!(matchActions as readonly string[]).includes(action)) {
      this.#refuse(line, `"${action}" is no action; there are: match, ignore, unmatch, accept.`);
      return;
    }
    this.#waiting.push(line);
    if (this.#waiting.length >= batchLinesMax) await this.#follow();
  }

  async end(): Promise<MatchReport> {
    await this.#follow();
    return { ...this.#counts, problems: this.#problems };
  }

  #refuse({ line, listing }: Line, reason: string): void {
    if (this.#problems.length < problemsMax) this.#problems.push({ line, listing, reason });
  }

  async #follow(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0) return;
    const known = await this.#lookUp(lines);
    const wanted: { readonly line: Line; readonly match: Match }[] = [];
    for (const line of lines) {
      const read = readLine(line, known);
      if (typeof read === "string") this.#refuse(line, read);
      else if (read === null) this.#counts.unchanged += 1;
      else wanted.push({ line, match: read });
    }
    const matches = wanted.map(({ match }) => match);
    const changed = this.#dryRun
      ? new Set(matches.map(({ listingId }) => listingId))
      : await decideMatches(this.#shopId, matches, "csv");
    for (const { line, match } of wanted) {
      if (!changed.has(match.listingId)) {
        this.#refuse(line, "The listing is being written right now: import this line again.");
      } else if (match.as === "ignored") this.#counts.ignored += 1;
      else if (match.as === "unmatched") this.#counts.unmatched += 1;
      else this.#counts.matched += 1;
    }
  }

  async #lookUp(lines: readonly Line[]): Promise<Known> {
    const shopId = this.#shopId;
    const codes = lines.flatMap((line) => [
      line.sku,
      line.sku.trim(),
      line.suggestion,
      ...componentTexts(line.components).map(({ code }) => code),
    ]);
    const [listings, skus] = await Promise.all([
      db().listing.findMany({
        where: {
          ...{ shopId, connectionId: this.#connectionId },
          listingKey: { in: lines.map(({ listing }) => listing) },
        },
        select: { id: true, listingKey: true, skuId: true, ignored: true },
      }),
      db().sku.findMany({
        where: { shopId, code: { in: [...new Set(codes.filter(Boolean))] } },
        select: { id: true, code: true },
      }),
    ]);
    return {
      listings: new Map(listings.map((listing) => [listing.listingKey ?? "", listing])),
      skus: new Map(skus.map(({ id, code }) => [code, id])),
    };
  }
}

interface Known {
  readonly listings: ReadonlyMap<
    string,
    { readonly id: string; readonly skuId: string | null; readonly ignored: boolean }
  >;
  readonly skus: ReadonlyMap<string, string>;
}

/** @returns what to do, null when it is done already, or why the line cannot be followed */
function readLine(line: Line, known: Known): Match | null | string {
  const listing = known.listings.get(line.listing);
  if (!listing) return "This connection has no listing of that key.";
  const listingId = listing.id;
  if (line.action === "ignore") return listing.ignored ? null : { listingId, as: "ignored" };
  if (line.action === "unmatch") {
    return listing.skuId === null && !listing.ignored ? null : { listingId, as: "unmatched" };
  }
  if (line.components !== "") return readBundle(line, listingId, known);
  return readSku(line, listing, known);
}

function readSku(
  line: Line,
  listing: { readonly id: string; readonly skuId: string | null },
  known: Known,
): Match | null | string {
  const listingId = listing.id;
  const code = line.action === "accept" ? line.suggestion : line.sku;
  if (code.trim() === "") {
    return line.action === "" ? null : "The line names no SKU.";
  }
  const skuId = known.skus.get(code) ?? known.skus.get(code.trim());
  if (skuId === undefined) return `There is no SKU "${code}".`;
  return listing.skuId === skuId ? null : { listingId, as: "sku", skuId };
}

function readBundle(line: Line, listingId: string, known: Known): Match | string {
  if (line.sku.trim() !== "") return "A line names a SKU or components, not both.";
  const components = [];
  const texts = componentTexts(line.components);
  if (texts.length > componentsMax) return `A bundle has at most ${componentsMax} components.`;
  for (const { code, quantity } of texts) {
    const skuId = known.skus.get(code);
    if (skuId === undefined) return `There is no SKU "${code}".`;
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > componentUnitsMax) {
      return `"${code}" needs a whole number of units, 1 to ${componentUnitsMax}.`;
    }
    components.push({ skuId, quantity });
  }
  if (new Set(components.map(({ skuId }) => skuId)).size !== components.length) {
    return "A bundle names each of its components once.";
  }
  return { listingId, as: "bundle", components };
}

/** "TEE-1:2; CAP:1" */
function componentTexts(text: string): { readonly code: string; readonly quantity: number }[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const at = part.lastIndexOf(":");
      if (at < 0) return { code: part, quantity: 1 };
      return { code: part.slice(0, at).trim(), quantity: Number(part.slice(at + 1)) };
    });
}

/** Takes back the quote that the export puts in front of texts that begin like a formula. */
function plainText(cell: string | undefined): string {
  const text = (cell ?? "").trim();
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
