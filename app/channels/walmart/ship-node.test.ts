import { describe, expect, test } from "vitest";
import { chosenNode } from "./ship-node.ts";
import { shipNodesAnswer } from "./wire.ts";

const nodes = (...rows: readonly Record<string, string>[]) => shipNodesAnswer.parse(rows);
const one = { shipNode: "1", shipNodeName: "Main", status: "ACTIVE", nodeType: "PHYSICAL" };
const two = { ...one, shipNode: "2", shipNodeName: "Second" };

describe("the fulfilment centre to keep", () => {
  test("the only one", () => {
    expect(chosenNode(nodes(one), "")).toEqual({ shipNode: "1", warnings: [] });
  });

  test("of several the one that is named, the others with a warning", () => {
    expect(chosenNode(nodes(one, two), "2")).toEqual({
      shipNode: "2",
      warnings: ["Stock at Main stays as it is; buyers can buy it as well."],
    });
    expect(() => chosenNode(nodes(one, two), "")).toThrow(/Main \(1\), Second \(2\)/);
    expect(() => chosenNode(nodes(one), "9")).toThrow(/Main \(1\)/);
  });

  test("Walmart's own, others' and closed ones do not count", () => {
    const others = [
      { ...two, nodeType: "WFS" },
      { ...two, nodeType: "3PL" },
      { ...two, status: "INACTIVE" },
    ];
    for (const other of others) expect(chosenNode(nodes(one, other), "").shipNode).toBe("1");
  });

  test("where Walmart does not tell, what is named is believed, or the default is written", () => {
    expect(chosenNode(null, "7").shipNode).toBe("7");
    expect(chosenNode(null, "").shipNode).toBeNull();
    expect(chosenNode([], "").shipNode).toBeNull();
  });

  test("a list under a name is one too", () => {
    for (const name of ["shipNode", "shipNodes"]) {
      expect(shipNodesAnswer.parse({ [name]: [one] })).toHaveLength(1);
    }
  });
});
