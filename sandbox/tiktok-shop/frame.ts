import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";

/** A refusal of the whole call in TikTok's frame. */
export interface TiktokFailure {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** TikTok's frame around every good answer. `data.errors` inside may still name refused parts. */
export function answerSuccess(response: ServerResponse, data: unknown): void {
  answerJson(response, 200, { code: 0, message: "Success", request_id: requestId(), data });
}

/** TikTok's frame around every refusal. */
export function answerFailure(response: ServerResponse, failure: TiktokFailure): void {
  const { code, message } = failure;
  answerJson(response, failure.status, { code, message, request_id: requestId(), data: {} });
}

function requestId(): string {
  return randomUUID().replaceAll("-", "").toUpperCase();
}
