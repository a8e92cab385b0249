/** The parsed text, or undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * As {@link parseJson}, but an integer that a double cannot hold exactly (beyond ±2^53 − 1) comes out
 * as a string of its digits: marketplaces send 19-digit ids as bare numbers.
 */
export function parseJsonKeepingBigNumbers(text: string): unknown {
  // Most payloads hold no such number: one native parse, no rewriting.
  return parseJson(sixteenDigits.test(text) ? quoteUnsafeIntegers(text) : text);
}

/** 2^53 − 1 has sixteen digits. */
const sixteenDigits = /\d{16}/;

/** A whole string literal, or a whole number literal; strings are matched only to be stepped over. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function quoteUnsafeIntegers(text: string): string {
  return text.replace(stringOrNumber, (literal) => {
    const isInteger = /^-?\d+$/.test(literal);
    return isInteger && !Number.isSafeInteger(Number(literal)) ? `"${literal}"` : literal;
  });
}
