/** A new channel's name in the spellings its files need. */
export interface Names {
  /** "best-buy": folder and id. */
  readonly id: string;
  /** "Best Buy" */
  readonly label: string;
  /** "bestBuy": begins the names of its exports. */
  readonly type: string;
  /** "BEST_BUY": begins the names of its variables. */
  readonly env: string;
}

const shape = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const nameCharsMax = 30;

/** @returns null when the name cannot be a folder's: lower-case words with hyphens between */
export function namesOf(id: string): Names | null {
  if (!shape.test(id) || id.length > nameCharsMax) return null;
  const words = id.split("-");
  const capital = (word: string) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`;
  const label = words.map(capital).join(" ");
  const type = [words[0], ...words.slice(1).map(capital)].join("");
  return { id, label, type, env: words.join("_").toUpperCase() };
}
