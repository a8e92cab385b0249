import { randomBytes } from "node:crypto";
import { request as post } from "node:http";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime } from "../tokens.ts";
import { Refusal, type WooAnswer } from "./frame.ts";

/** A pair of keys, and what it may do. */
interface Keys {
  readonly secret: string;
  readonly permissions: string;
}

/** What the demo merchant's consent gave. They open nothing but the sandbox. */
export const demoKeys = {
  consumerKey: `ck_${"de30".repeat(10)}`,
  consumerSecret: `cs_${"5ec2".repeat(10)}`,
} as const;

const scopes = new Set(["read", "write", "read_write"]);
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);
const handOverMsMax = 10_000;

/** WooCommerce's keys: who may call, and how an app is given some. */
export class Access {
  readonly #context: SandboxContext;
  readonly #keys = new Map<string, Keys>([
    [demoKeys.consumerKey, { secret: demoKeys.consumerSecret, permissions: "read_write" }],
  ]);

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /**
   * Whose call it is: known keys, or nobody's. Unknown keys are nobody's too, as in WooCommerce itself.
   * @param dropsHeader the host takes the Authorization header away
   * @throws Refusal when the secret is wrong, or the keys may not do this
   */
  isKnown(request: SandboxRequest, dropsHeader: boolean): boolean {
    const { searchParams } = request.url;
    const [key, secret] = searchParams.has("consumer_key")
      ? [searchParams.get("consumer_key") ?? "", searchParams.get("consumer_secret") ?? ""]
      : basicOf(dropsHeader ? undefined : request.headers["authorization"]);
    const known = this.#context.faults().consentRevoked ? undefined : this.#keys.get(key);
    if (!known) return false;
    if (!equalInConstantTime(secret, known.secret)) throw refusal("Consumer secret is invalid.");
    const needed = request.method === "GET" ? "read" : "write";
    if (known.permissions !== "read_write" && known.permissions !== needed) {
      throw refusal(`The API key provided does not have ${needed} permissions.`);
    }
    return true;
  }

  /**
   * The consent page: this merchant agrees at once. The keys go to `callback_url`, the browser to `return_url`. Over
   * plain http only to this machine. `deny=1`: the merchant does not agree.
   */
  async authorize(query: URLSearchParams): Promise<WooAnswer> {
    const problem = problemOf(query);
    if (problem !== null) return denied(problem);
    const [back, callback] = ["return_url", "callback_url"].map(
      (name) => new URL(query.get(name) ?? ""),
    ) as [URL, URL];
    const state = query.get("user_id") ?? "";
    const agrees = query.get("deny") !== "1";
    if (agrees && !(await this.#handOver(callback, state, query.get("scope") ?? ""))) {
      return denied(
        "An error occurred in the request and at the time were unable to send the consumer data",
      );
    }
    back.searchParams.set("success", agrees ? "1" : "0");
    back.searchParams.set("user_id", state);
    return { status: 302, body: "", headers: { location: back.toString() } };
  }

  snapshot(): readonly (readonly [string, Keys])[] {
    return [...this.#keys];
  }

  restore(saved: readonly (readonly [string, Keys])[]): void {
    for (const [key, keys] of saved) this.#keys.set(key, keys);
  }

  async #handOver(callback: URL, state: string, permissions: string): Promise<boolean> {
    if (!loopbackHosts.has(callback.hostname)) return false;
    const consumerKey = `ck_${randomBytes(20).toString("hex")}`;
    const secret = `cs_${randomBytes(20).toString("hex")}`;
    this.#keys.set(consumerKey, { secret, permissions });
    this.#context.changed();
    const status = await postJson(callback, {
      key_id: this.#keys.size,
      user_id: state,
      consumer_key: consumerKey,
      consumer_secret: secret,
      key_permissions: permissions,
    });
    if (status !== 200) this.#keys.delete(consumerKey);
    return status === 200;
  }
}

/** What is wrong with a request for keys; null when nothing is. */
function problemOf(query: URLSearchParams): string | null {
  for (const name of ["app_name", "user_id", "return_url", "callback_url", "scope"]) {
    if (!query.get(name)) return `Missing parameter ${name}`;
  }
  const scope = query.get("scope") ?? "";
  if (!scopes.has(scope)) return `Invalid scope ${scope}`;
  for (const name of ["return_url", "callback_url"]) {
    if (!URL.canParse(query.get(name) ?? "")) return `The ${name} is not a valid URL`;
  }
  const callback = new URL(query.get("callback_url") ?? "");
  const isSafe = callback.protocol === "https:" || loopbackHosts.has(callback.hostname);
  return isSafe ? null : "The callback_url needs to be over SSL";
}

function refusal(message: string): Refusal {
  return new Refusal(401, "woocommerce_rest_authentication_error", message);
}

function denied(message: string): WooAnswer {
  return { status: 401, body: `<html><body><p>Error: ${message}.</p></body></html>` };
}

function basicOf(header: string | undefined): readonly [string, string] {
  const text = Buffer.from((header ?? "").replace(/^Basic /, ""), "base64").toString("utf8");
  const at = text.indexOf(":");
  return at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** @returns the answer's status; 0 without one */
function postJson(url: URL, body: object): Promise<number> {
  return new Promise((resolve) => {
    const text = JSON.stringify(body);
    const call = post(
      url,
      {
        method: "POST",
        headers: {
          "content-type": "application/json;charset=UTF-8",
          "content-length": String(Buffer.byteLength(text)),
        },
        signal: AbortSignal.timeout(handOverMsMax),
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => {
          resolve(answer.statusCode ?? 0);
        });
      },
    );
    call.on("error", () => {
      resolve(0);
    });
    call.end(text);
  });
}
