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

it("says what is expected, with an example, and one line per variable", () => {
  const shape = z.object({
    DATABASE_URL: z.url(),
    COUNT: z.coerce.number().int().min(1),
    LEVEL: z.enum(["info", "warn"]),
  });
  const wrong = { DATABASE_URL: "x", COUNT: "-5", LEVEL: "loud" };
  const other = z.object({ COUNT: z.coerce.number({ error: "in other words" }).min(10) });
  expect(configurationProblems([parser(shape, wrong), parser(other, wrong)])).toEqual([
    "DATABASE_URL: must be a whole address, such as postgresql://user:password@127.0.0.1:5432/lockstep",
    "COUNT: must be 1 or more",
    "LEVEL: must be one of: info, warn",
  ]);
  expect(z.config().customError).toBeUndefined();
});
