/** Whether Postgres can hold this text: no NUL, no half of a character pair (JSON can spell both). */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
}
