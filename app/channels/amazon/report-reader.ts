import { createGunzip } from "node:zlib";
import { ChannelFault } from "../contract.ts";
import type { AmazonResult, DocumentPiece } from "./client.ts";
import { unreadableDocument } from "./documents.ts";

/** Bytes asked for at once: far below what the HTTP core keeps (`responseBytesMax`). */
const pieceBytes = 1024 * 1024;
/** Compressed bytes unpacked at once: even at gzip's best (1,000 to 1) that stays below 20 MB. */
const unpackBytes = 16 * 1024;
/** A line longer than this is no listing. */
const lineBytesMax = 1024 * 1024;
const lineFeed = 10;

/** Where a report comes from, piece by piece. */
export interface ReportSource {
  readonly gzip: boolean;
  fetch(from: number, length: number, signal: AbortSignal): Promise<AmazonResult<DocumentPiece>>;
}

/**
 * Reads a report of any length line by line, holding one piece of it at a time. Its place is a number of unpacked
 * bytes, so that another process can go on there: a packed report is unpacked again from its beginning for that,
 * a plain one is read from that very byte.
 */
export class ReportReader {
  readonly #source: ReportSource;
  readonly #unpacker: Unpacker | null;
  /** Next byte to fetch, of the document as it lies there. */
  #fetchAt = 0;
  /** Fetched and not yet unpacked. */
  #packed: Buffer = Buffer.alloc(0);
  /** Unpacked and not yet given out; begins at `#position`. */
  #plain: Buffer = Buffer.alloc(0);
  /** All is fetched. */
  #ended = false;
  /** All is fetched and unpacked: what is left without a line end is the last line. */
  #read = false;
  #position = 0;
  #charset: string | null = null;

  constructor(source: ReportSource) {
    this.#source = source;
    this.#unpacker = source.gzip ? createUnpacker() : null;
  }

  /** Unpacked bytes given out so far. */
  get position(): number {
    return this.#position;
  }

  /** As the document's address said with its last piece. */
  get charset(): string | null {
    return this.#charset;
  }

  /** Goes to a place that `position` named. @throws ChannelFault */
  async seek(position: number, signal: AbortSignal): Promise<void> {
    if (!this.#unpacker && position > this.#position + this.#plain.length) {
      this.#plain = Buffer.alloc(0);
      this.#fetchAt = position;
      this.#position = position;
    }
    while (this.#position < position) {
      if (this.#plain.length === 0 && !(await this.#more(signal))) return;
      const step = Math.min(this.#plain.length, position - this.#position);
      this.#plain = this.#plain.subarray(step);
      this.#position += step;
    }
  }

  /**
   * The next lines without their line ends, at most `max`; fewer only at the end.
   * @throws ChannelFault: the reader is then spent, a new one begins at the place known before
   */
  async lines(max: number, signal: AbortSignal): Promise<Buffer[]> {
    const lines: Buffer[] = [];
    while (lines.length < max) {
      const line = this.#line();
      if (line) lines.push(line);
      else if (this.#read) break;
      else this.#read = !(await this.#more(signal));
    }
    return lines;
  }

  #line(): Buffer | null {
    const at = this.#plain.indexOf(lineFeed);
    const isLast = at === -1 && this.#read && this.#plain.length > 0;
    if (at === -1 && !isLast) return null;
    const end = isLast ? this.#plain.length : at;
    const bytes = this.#plain.subarray(0, end > 0 && this.#plain[end - 1] === 13 ? end - 1 : end);
    const used = Math.min(end + 1, this.#plain.length);
    this.#plain = this.#plain.subarray(used);
    this.#position += used;
    return bytes;
  }

  /** Gets more of the report; false at its end. */
  async #more(signal: AbortSignal): Promise<boolean> {
    if (this.#plain.length > lineBytesMax) throw new ChannelFault(unreadableDocument);
    const before = this.#plain.length;
    // Every round fetches a piece, or unpacks a part of one, or ends.
    while (this.#plain.length === before) {
      if (this.#packed.length > 0) this.#take(await this.#unpack());
      else if (!this.#ended) await this.#fetch(signal);
      else if (this.#unpacker) {
        this.#take(await this.#unpacker.finish());
        return this.#plain.length > before;
      } else return false;
    }
    return true;
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const piece = await this.#source.fetch(this.#fetchAt, pieceBytes, signal);
    if (!piece.ok) throw new ChannelFault(piece.fault);
    const { bytes, end, charset } = piece.data;
    if (bytes.length === 0 && !end) throw new ChannelFault(unreadableDocument);
    this.#fetchAt += bytes.length;
    this.#packed = bytes;
    this.#ended = end;
    this.#charset = charset ?? this.#charset;
  }

  async #unpack(): Promise<readonly Buffer[]> {
    const part = this.#unpacker ? this.#packed.subarray(0, unpackBytes) : this.#packed;
    this.#packed = this.#packed.subarray(part.length);
    return this.#unpacker ? await this.#unpacker.write(part) : [part];
  }

  #take(chunks: readonly Buffer[]): void {
    if (chunks.length > 0) this.#plain = Buffer.concat([this.#plain, ...chunks]);
  }
}

interface Unpacker {
  /** What there is so far. @throws ChannelFault when it is no gzip */
  write(part: Buffer): Promise<readonly Buffer[]>;
  /** What is left; again: nothing. @throws ChannelFault when the end is missing */
  finish(): Promise<readonly Buffer[]>;
}

function createUnpacker(): Unpacker {
  const gunzip = createGunzip();
  let chunks: Buffer[] = [];
  let broken = false;
  let wake: (() => void) | undefined;
  gunzip.on("data", (chunk: Buffer) => chunks.push(chunk));
  for (const event of ["end", "error"]) {
    gunzip.on(event, () => {
      broken ||= event === "error";
      wake?.();
    });
  }
  const settled = async (begin: (done: () => void) => void) => {
    if (!broken && !gunzip.readableEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        begin(resolve);
      });
    }
    if (broken) throw new ChannelFault(unreadableDocument);
    const given = chunks;
    chunks = [];
    return given;
  };
  return {
    write: (part) =>
      settled((done) => {
        gunzip.write(part, () => {
          done();
        });
      }),
    finish: () => settled(() => void gunzip.end()),
  };
}
