import { createHmac, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime } from "../tokens.ts";

/** A signed address works this long (specs/amazon/models/feeds_2021-06-30.json). */
const addressMs = 5 * 60 * 1_000;
/** Documents kept; the oldest go first. */
const documentsMax = 20;
const pathStart = "/documents/";
const compress = promisify(gzip);

interface Document {
  readonly contentType: string;
  readonly gzip: boolean;
  /** Null: an address to put it to was given out, and nothing came yet. */
  read: (() => Buffer) | null;
  /** As it is sent, made once. */
  stored: Promise<Buffer> | null;
}

/** Where feeds are put and reports are fetched: S3 behind signed addresses, for all that matters here. */
export class Documents {
  readonly #context: SandboxContext;
  readonly #documents = new Map<string, Document>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** A place for an upload. */
  reserve(contentType: string): string {
    return this.#keep({ contentType, gzip: false, read: null, stored: null });
  }

  /**
   * A document of ours; `read` makes it when somebody fetches it.
   * @param id of one that was there before a restart
   */
  write(contentType: string, read: () => Buffer, id = newId()): string {
    return this.#keep({ contentType, gzip: true, read, stored: null }, id);
  }

  #keep(document: Document, id = newId()): string {
    this.#documents.set(id, document);
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > documentsMax && oldest) this.#documents.delete(oldest);
    return id;
  }

  /** What was uploaded; null when nothing came. */
  uploaded(id: string): Buffer | null {
    return this.#documents.get(id)?.read?.() ?? null;
  }

  /** Where a document is fetched from; null when there is none of this id. */
  placeOf(id: string): { readonly url: string; readonly compressionAlgorithm?: "GZIP" } | null {
    const document = this.#documents.get(id);
    if (!document) return null;
    const url = this.urlOf(id);
    return document.gzip ? { url, compressionAlgorithm: "GZIP" } : { url };
  }

  urlOf(id: string): string {
    const expires = String(this.#context.now() + addressMs);
    const query = new URLSearchParams({ expires, signature: this.#sign(id, expires) });
    return `${this.#context.sandboxUrl()}/amazon${pathStart}${id}?${query.toString()}`;
  }

  #sign(id: string, expires: string): string {
    const secret = this.#context.credential("AMAZON_SQS_SECRET_ACCESS_KEY");
    return createHmac("sha256", secret).update(`${id} ${expires}`).digest("hex");
  }

  isHere(path: string): boolean {
    return path.startsWith(pathStart);
  }

  async handle(request: SandboxRequest, response: ServerResponse): Promise<void> {
    const id = request.path.slice(pathStart.length);
    const expires = request.url.searchParams.get("expires") ?? "";
    const signature = request.url.searchParams.get("signature") ?? "";
    const document = this.#documents.get(id);
    if (!equalInConstantTime(signature, this.#sign(id, expires))) {
      answerXml(response, 403, "SignatureDoesNotMatch");
    } else if (Number(expires) < this.#context.now() || !document) {
      answerXml(response, 403, "AccessDenied");
    } else if (request.headers["x-amz-access-token"] ?? request.headers["authorization"]) {
      answerXml(response, 400, "InvalidArgument");
    } else if (request.method === "PUT") this.#put(document, request, response);
    else await send(document, request, response);
  }

  #put(document: Document, request: SandboxRequest, response: ServerResponse): void {
    if (request.headers["content-type"] !== document.contentType) {
      answerXml(response, 403, "SignatureDoesNotMatch");
      return;
    }
    const bytes = request.rawBody;
    document.read = () => bytes;
    response.writeHead(200, { "content-length": 0 });
    response.end();
  }
}

function newId(): string {
  return `amzn1.tortuga.4.na.${randomUUID()}`;
}

/** The whole document, or the part that a Range header names. */
async function send(
  document: Document,
  request: SandboxRequest,
  response: ServerResponse,
): Promise<void> {
  const { read } = document;
  if (request.method !== "GET" || !read) {
    answerXml(response, 404, "NoSuchKey");
    return;
  }
  document.stored ??= document.gzip ? compress(read(), { level: 1 }) : Promise.resolve(read());
  const bytes = await document.stored;
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers["range"] ?? "");
  const headers = { "content-type": document.contentType, "accept-ranges": "bytes" };
  if (!range) {
    response.writeHead(200, { ...headers, "content-length": bytes.length });
    response.end(bytes);
    return;
  }
  const from = Number(range[1]);
  if (from >= bytes.length) {
    answerXml(response, 416, "InvalidRange");
    return;
  }
  const part = bytes.subarray(from, range[2] ? Number(range[2]) + 1 : bytes.length);
  response.writeHead(206, {
    ...headers,
    "content-length": part.length,
    "content-range": `bytes ${from}-${from + part.length - 1}/${bytes.length}`,
  });
  response.end(part);
}

function answerXml(response: ServerResponse, status: number, code: string): void {
  const body = Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  response.writeHead(status, { "content-type": "application/xml", "content-length": body.length });
  response.end(body);
}
