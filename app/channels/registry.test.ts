import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { channelById, channels } from "./registry.ts";

test("the registry lists exactly the channel folders", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(channels.map((channel) => channel.id).toSorted()).toEqual(folders.toSorted());
});

test("an unknown channel is our own mistake", () => {
  expect(channelById("amazon").label).toBe("Amazon");
  expect(() => channelById("nowhere")).toThrow("nowhere");
});
