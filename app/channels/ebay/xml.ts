import { XMLParser } from "fast-xml-parser";

/** Deeper than anything the Trading API sends. */
const nestedTagsMax = 40;
/** A document type declares entities, and eBay sends none: such a text is somebody else's. */
const doctype = /<!DOCTYPE/i;

/**
 * Values stay text (ids have 12 digits and leading zeros), attributes become "@name", namespaces are dropped. The
 * parser itself expands no entity: the five of XML and character references are read below, and nothing else exists.
 */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  // A SKU may begin or end with a blank, and is that SKU only with it.
  trimValues: false,
  processEntities: false,
  maxNestedTags: nestedTagsMax,
  tagValueProcessor: (_name, value) => decoded(value),
});

/** The text as an object of its elements, or undefined when it is no XML of ours. Bounded: no entity can grow. */
export function parseXml(text: string): unknown {
  if (!text.trimStart().startsWith("<") || doctype.test(text)) return undefined;
  try {
    return parser.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};
const codePointMax = 0x10ffff;

function decoded(value: string): string {
  if (!value.includes("&")) return value;
  return value.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g, (whole, ...found) => {
    const [decimal, hex, name] = found as (string | undefined)[];
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= codePointMax ? String.fromCodePoint(code) : whole;
  });
}

/** What of a text may stand between tags. Characters that XML 1.0 has no room for are left out. */
export function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are the characters XML 1.0 forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&apos;")
  );
}

/** An element with text inside. */
export function element(name: string, text: string | number): string {
  return `<${name}>${escaped(String(text))}</${name}>`;
}

/** A whole request of the Trading API: `<NameRequest>` with its content. */
export function tradingRequest(callName: string, content: string): string {
  const root = `${callName}Request`;
  return (
    `<?xml version="1.0" encoding="utf-8"?><${root} xmlns="urn:ebay:apis:eBLBaseComponents">` +
    `<ErrorLanguage>en_US</ErrorLanguage><WarningLevel>High</WarningLevel>${content}</${root}>`
  );
}
