import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { element, parseXml, tradingRequest } from "./xml.ts";

describe("reading the Trading API's XML", () => {
  test("ids stay text, blanks stay, attributes and namespaces are told apart", () => {
    const text =
      '<?xml version="1.0"?><ns:A xmlns:ns="u"><ID>0012345678901234567890</ID><SKU> a </SKU>' +
      '<P currencyID="USD">19.90</P><E/></ns:A>';
    expect(parseXml(text)).toMatchObject({
      A: {
        ID: "0012345678901234567890",
        SKU: " a ",
        P: { "#text": "19.90", "@currencyID": "USD" },
        E: "",
      },
    });
  });

  test("the five entities and character references are read once, others left alone", () => {
    expect(parseXml("<A>&lt;&amp;amp;&#39;&#x1F600;&nbsp;&bomb;&#0;</A>")).toEqual({
      A: "<&amp;'😀&nbsp;&bomb;&#0;",
    });
  });

  test.each([
    ['<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>'],
    ["<!doctype html><html></html>"],
    ["{}"],
    [""],
    ["   "],
    ["<a>".repeat(100)],
  ])("%s is none of ours", (text) => {
    expect(parseXml(text)).toBeUndefined();
  });

  test("garbage never throws", () => {
    const tag = fc.constantFrom("<a>", "</a>", "<a b='", "&#x", "<![CDATA[", "]]>", "<!--", "<?x");
    fc.assert(
      fc.property(fc.array(fc.oneof(tag, fc.string())), (pieces) => {
        parseXml(`<r>${pieces.join("")}`);
      }),
    );
  });

  test("what is written is what is read", () => {
    const sku = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !/[\r\ufffe\uffff]/.test(text) && text.trim() !== "");
    fc.assert(
      fc.property(sku, (text) => {
        const document = parseXml(tradingRequest("GetItem", element("SKU", text)));
        expect(document).toMatchObject({ GetItemRequest: { SKU: text } });
      }),
    );
  });
});
