import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";

/** An answer of the simulated server. */
export interface CustomAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: unknown, status = 200): CustomAnswer {
  return { status, body };
}

/** A whole call refused, as the protocol writes it. */
export function refuse(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): CustomAnswer {
  return { status, body: { error: { code, message } }, headers };
}

/** Sends it with the server's own time: callers whose clock is off learn it there. */
export function send(response: ServerResponse, answer: CustomAnswer, nowMs: number): void {
  const date = new Date(nowMs).toUTCString();
  answerJson(response, answer.status, answer.body, { date, ...answer.headers });
}
