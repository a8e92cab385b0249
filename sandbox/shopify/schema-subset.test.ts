import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  buildClientSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  parse,
  validate,
  validateSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from "graphql";
import { expect, test } from "vitest";
import * as documents from "#app/channels/shopify/documents.ts";
import { adminSchema } from "./graphql-endpoint.ts";

// The published schema is reference material beside the repository, not part of it.
const publishedUrl = new URL(
  "../../../shared/specs/shopify/admin_2026-07.json.gz",
  import.meta.url,
);
const published = existsSync(publishedUrl);

function publishedSchema(): GraphQLSchema {
  const text = gunzipSync(readFileSync(publishedUrl)).toString("utf8");
  const { data } = JSON.parse(text) as { data: IntrospectionQuery };
  return buildClientSchema(data);
}

const locationGids = ["gid://shopify/Location/1", "gid://shopify/Location/2"];
const appDocuments = [
  ...Object.entries(documents).flatMap(([name, text]) =>
    typeof text === "string" ? [{ name, text }] : [],
  ),
  { name: "catalogueQuery", text: documents.catalogueQuery(locationGids) },
];

test("the schema is well formed", () => {
  expect(validateSchema(adminSchema)).toEqual([]);
});

test.each(appDocuments)("the sandbox understands the app's $name", ({ text }) => {
  expect(validate(adminSchema, parse(text))).toEqual([]);
});

test.runIf(published)("the app's documents are valid on Shopify's published schema", () => {
  const schema = publishedSchema();
  for (const { name, text } of appDocuments) {
    expect(validate(schema, parse(text)), name).toEqual([]);
  }
});

test.runIf(published)("every type, field and argument is Shopify's own", () => {
  const schema = publishedSchema();
  const types = Object.values(adminSchema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const differences = types.flatMap((type) => differencesOf(type, schema.getType(type.name)));
  expect(differences).toEqual([]);
  const [ours] = adminSchema.getDirective("idempotent")?.args ?? [];
  const [theirs] = schema.getDirective("idempotent")?.args ?? [];
  expect(String(ours?.type)).toBe(String(theirs?.type));
});

function differencesOf(ours: GraphQLNamedType, theirs: GraphQLNamedType | undefined): string[] {
  const { name } = ours;
  if (!theirs) return [`${name} does not exist`];
  if (isEnumType(ours) && isEnumType(theirs)) {
    const known = new Set(theirs.getValues().map((value) => value.name));
    return ours.getValues().flatMap((value) => (known.has(value.name) ? [] : [value.name]));
  }
  if (isInputObjectType(ours) && isInputObjectType(theirs)) {
    const all = theirs.getFields();
    return [
      ...Object.values(ours.getFields()).flatMap((field) =>
        String(field.type) === String(all[field.name]?.type) ? [] : [`${name}.${field.name}`],
      ),
      ...Object.values(all).flatMap((field) =>
        field.name in ours.getFields() ? [] : [`${name}.${field.name} is missing`],
      ),
    ];
  }
  if (isObjectType(ours) || isInterfaceType(ours)) {
    if (!isObjectType(theirs) && !isInterfaceType(theirs)) return [`${name} is another kind`];
    const interfaces = theirs.getInterfaces().map((known) => known.name);
    return [
      ...ours.getInterfaces().flatMap((own) => (interfaces.includes(own.name) ? [] : [own.name])),
      ...Object.values(ours.getFields()).flatMap((field) =>
        fieldDifferences(name, field, theirs.getFields()[field.name]),
      ),
    ];
  }
  return ours.constructor === theirs.constructor ? [] : [`${name} is another kind`];
}

function fieldDifferences(
  typeName: string,
  ours: GraphQLField<unknown, unknown>,
  theirs: GraphQLField<unknown, unknown> | undefined,
): string[] {
  const at = `${typeName}.${ours.name}`;
  if (String(ours.type) !== String(theirs?.type)) return [at];
  return ours.args.flatMap((argument) => {
    const other = theirs?.args.find((candidate) => candidate.name === argument.name);
    const same =
      String(argument.type) === String(other?.type) &&
      argument.defaultValue === other?.defaultValue;
    return same ? [] : [`${at}(${argument.name})`];
  });
}
