import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";

/** A refusal of the whole call in TikTok's frame. */
export interface TiktokFailure {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** What a call comes to: `data` of the good answer (parts may be refused inside), or a refusal of all of it. */
export type CallResult = { readonly data: unknown } | TiktokFailure;

/** TikTok's frame around every good answer. `data.errors` inside may still name refused parts. */
export function answerSuccess(response: ServerResponse, data: unknown): void {
  answerJson(response, 200, { code: 0, message: "Success", request_id: requestId(), data });
}

/** TikTok's frame around every refusal. */
export function answerFailure(response: ServerResponse, failure: TiktokFailure): void {
  const { code, message } = failure;
  answerJson(response, failure.status, { code, message, request_id: requestId(), data: {} });
}

/** A parameter that is not as documented. */
export function invalid(what: string): TiktokFailure {
  return { status: 400, code: 36009004, message: `Invalid parameter. ${what}` };
}

function requestId(): string {
  return randomUUID().replaceAll("-", "").toUpperCase();
}
