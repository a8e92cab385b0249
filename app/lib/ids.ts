import { v5, v7, validate } from "uuid";

/** A new id (UUIDv7): sorts by the time it was made. */
export function newId(): string {
  return v7();
}

const namespace = "7f1b6f0e-5c1d-4b0a-9b2e-1c0f5a3d2e4b";

/** The same id for the same text, always (UUIDv5): for keys that a retry must repeat. */
export function idOf(text: string): string {
  return v5(text, namespace);
}

/** Whether the text is a UUID: what is none never reaches a column of that type. */
export function isUuid(text: string): boolean {
  return validate(text);
}
