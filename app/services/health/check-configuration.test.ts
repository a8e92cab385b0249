import { expect, it } from "vitest";
import { z } from "zod";
import { parseVariables } from "#app/env.server.ts";
import { configurationProblems } from "./check-configuration.ts";

const parser = (shape: z.ZodType, variables: Record<string, string>) => () =>
  parseVariables(shape, variables as NodeJS.ProcessEnv);

it("collects one line per wrong variable over all parts, each once", () => {
  const shape = z.object({ ADDRESS: z.url({ error: "must be an address" }) });
  const other = z.object({ COUNT: z.coerce.number({ error: "must be a number" }) });
  expect(
    configurationProblems([
      parser(shape, { ADDRESS: "x" }),
      parser(shape, { ADDRESS: "x" }),
      parser(other, { COUNT: "y" }),
    ]),
  ).toEqual(["ADDRESS: must be an address", "COUNT: must be a number"]);
});

it("is content with a usable environment, and passes other failures on", () => {
  expect(configurationProblems([parser(z.object({}), {})])).toEqual([]);
  const broken = () => {
    throw new TypeError("a mistake of ours");
  };
  expect(() => configurationProblems([broken])).toThrow(TypeError);
});
