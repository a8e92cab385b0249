import { afterEach, beforeEach } from "vitest";

// An error on the console that no test asked for is a failure. A test that expects one replaces
// console.error itself (vi.spyOn) and looks at what came.
let unexpected: string[] = [];
const original = console.error;

beforeEach(() => {
  unexpected = [];
  console.error = (...input: unknown[]): void => {
    unexpected.push(input.map(String).join(" "));
    original(...input);
  };
});

afterEach(() => {
  console.error = original;
  if (unexpected.length > 0) {
    throw new Error(`console.error was called:\n${unexpected.join("\n")}`);
  }
});
