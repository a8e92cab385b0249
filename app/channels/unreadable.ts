import type { z } from "zod";
import type { ChannelFact } from "./contract.ts";

/** Longest piece of what was sent that is repeated in a reason. */
const quotedCharsMax = 40;

/** What was sent is authentic but cannot be read: a dead letter whose reason a merchant understands. */
export function unreadableFact(
  sent: { readonly channel: string; readonly what: string; readonly body: unknown },
  error?: z.ZodError,
): ChannelFact {
  const { channel, what, body } = sent;
  if (body === undefined) {
    return { kind: "unreadable", reason: `${channel} sent something that is not JSON.` };
  }
  const why = error ? `: ${problemOf(error, body)}` : "";
  return { kind: "unreadable", reason: `${channel}'s ${what} cannot be read${why}.` };
}

/**
 * The first thing wrong, in plain words and on one line: "line_items is missing", "quantity 1.5 is not
 * a whole number".
 */
export function problemOf(error: z.ZodError, value: unknown): string {
  const issue = innermost(error.issues[0]);
  if (!issue) return "it is not as expected";
  const field = issue.path.map(String).join(".") || "it";
  const found = valueAt(value, issue.path);
  if (found === undefined) return `${field} is missing`;
  if (found === null) return `${field} is empty`;
  return `${field}${quoted(found)} ${wordsOf(issue)}`;
}

/** Of alternatives the first is the usual one: what is wrong with it is what is wrong. */
function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const [first] = issue.errors[0] ?? [];
  return first ? { ...first, path: [...issue.path, ...first.path] } : issue;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}

/** JSON spells line breaks and the like out. */
function quoted(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "";
  const text = JSON.stringify(value);
  return text.length > quotedCharsMax ? "" : ` ${text}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "is not a text",
  number: "is not a number",
  int: "is not a whole number",
  boolean: "is neither true nor false",
  array: "is not a list",
  object: "is not an object",
};

function wordsOf(issue: z.core.$ZodIssue): string {
  const { code } = issue;
  if (code === "invalid_type") return typeWords[issue.expected] ?? "is not as expected";
  if (code === "too_big") return issue.origin === "string" ? "is too long" : "is too large";
  if (code === "too_small") return issue.origin === "string" ? "is too short" : "is too small";
  // The words of our own checks; the library's are not for merchants.
  return code === "custom" ? issue.message : "is not as expected";
}
