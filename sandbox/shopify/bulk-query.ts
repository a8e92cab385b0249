import {
  getNamedType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
} from "graphql";

/** Root objects fetched at once, and the most a nested connection may hold here. */
const sliceSize = 250;
/** Shopify's rules for a bulk query (shopify.md 3.6). */
const connectionsMax = 5;
const nestedLevelsMax = 2;

/** A bulk query that may run, with a page size on every connection and a cursor on the one at its root. */
export interface BulkQuery {
  readonly document: DocumentNode;
  /** The root field's key in the answer. */
  readonly rootKey: string;
}

/** Reads a bulk query as Shopify would. @returns what is wrong with it, in words, as text */
export function readBulkQuery(schema: GraphQLSchema, text: string): BulkQuery | string {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    return `Invalid bulk query: ${error instanceof Error ? error.message : "it cannot be read"}`;
  }
  const [invalid] = validate(schema, document);
  if (invalid) return `Invalid bulk query: ${invalid.message}`;
  const root = rootOf(document);
  if (typeof root === "string") return root;
  const wrong = connectionsWrong(schema, document);
  if (wrong !== null) return wrong;
  return { document: paged(schema, document, root), rootKey: root.alias?.value ?? root.name.value };
}

/** The one field that a bulk query asks for, or why it may not run. */
function rootOf(document: DocumentNode): FieldNode | string {
  const [operation, ...others] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION || others.length > 0) {
    return "Invalid bulk query: it must be one query without fragments.";
  }
  const [root, ...more] = operation.selectionSet.selections;
  if (operation.operation !== OperationTypeNode.QUERY || root?.kind !== Kind.FIELD) {
    return "Invalid bulk query: it must be a query.";
  }
  if (more.length > 0) return "Invalid bulk query: only a single top-level field is allowed.";
  return root.name.value === "node" || root.name.value === "nodes"
    ? "Invalid bulk query: the top-level node and nodes fields can't be used."
    : root;
}

function connectionsWrong(schema: GraphQLSchema, document: DocumentNode): string | null {
  const typeInfo = new TypeInfo(schema);
  let connections = 0;
  let depth = 0;
  let deepest = 0;
  let withoutId = false;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: {
        enter(field) {
          const type = getNamedType(typeInfo.getType());
          if (!isObjectType(type) || !type.name.endsWith("Connection")) return;
          connections += 1;
          depth += 1;
          deepest = Math.max(deepest, depth);
          withoutId ||= !selectsId(field);
        },
        leave() {
          const type = getNamedType(typeInfo.getType());
          if (isObjectType(type) && type.name.endsWith("Connection")) depth -= 1;
        },
      },
    }),
  );
  if (connections === 0) return "Bulk queries must contain at least one connection.";
  if (connections > connectionsMax) return "Bulk queries cannot contain more than 5 connections.";
  if (deepest > nestedLevelsMax + 1) {
    return "Bulk queries cannot contain connections with a nesting depth greater than 2.";
  }
  return withoutId ? "The 'id' field is required on every connection's node." : null;
}

/** Whether a connection's nodes say which they are. */
function selectsId(connection: FieldNode): boolean {
  return nodesOf(connection).every((node) =>
    node.selectionSet?.selections.some(
      (field) => field.kind === Kind.FIELD && field.name.value === "id",
    ),
  );
}

function nodesOf(connection: FieldNode): FieldNode[] {
  const inner = fieldsOf(connection);
  const edges = inner.filter(({ name }) => name.value === "edges");
  return [
    ...inner.filter(({ name }) => name.value === "nodes"),
    ...edges.flatMap(fieldsOf).filter(({ name }) => name.value === "node"),
  ];
}

function fieldsOf(field: FieldNode): FieldNode[] {
  return (field.selectionSet?.selections ?? []).filter((it) => it.kind === Kind.FIELD);
}

const slice: ArgumentNode = argument("first", { kind: Kind.INT, value: String(sliceSize) });
const cursor: ArgumentNode = argument("after", {
  kind: Kind.VARIABLE,
  name: { kind: Kind.NAME, value: "cursor" },
});

function argument(name: string, value: ArgumentNode["value"]): ArgumentNode {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value };
}

/** The query as it is run: connections without a page size get one, the root pages by `$cursor`. */
function paged(schema: GraphQLSchema, document: DocumentNode, root: FieldNode): DocumentNode {
  const typeInfo = new TypeInfo(schema);
  const pageInfo = parse("{ pageInfo { hasNextPage endCursor } }").definitions[0];
  const paging =
    pageInfo?.kind === Kind.OPERATION_DEFINITION ? pageInfo.selectionSet.selections : [];
  return visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: (operation) => ({
        ...operation,
        variableDefinitions: [
          {
            kind: Kind.VARIABLE_DEFINITION,
            variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: "cursor" } },
            type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: "String" } },
          },
        ],
      }),
      Field(field) {
        const type = getNamedType(typeInfo.getType());
        if (!isObjectType(type) || !type.name.endsWith("Connection")) return undefined;
        const own = (field.arguments ?? []).filter(({ name }) => name.value !== "first");
        if (field !== root) return { ...field, arguments: [...own, slice] };
        return {
          ...field,
          arguments: [...own, slice, cursor],
          selectionSet: {
            kind: Kind.SELECTION_SET,
            selections: [...(field.selectionSet?.selections ?? []), ...paging],
          },
        };
      },
    }),
  );
}

export interface BulkLines {
  readonly lines: readonly string[];
  readonly objects: number;
}

/**
 * The lines of one root object: itself without its connections, and each connection's nodes with `__parentId`.
 * Grouping is off, so nothing is promised about their order: children come first here.
 */
export function linesOf(node: unknown): BulkLines {
  const lines: string[] = [];
  flatten(node, null, lines);
  return { lines, objects: lines.length };
}

function flatten(node: unknown, parentId: string | null, lines: string[]): void {
  const own = withoutConnections(node, idOf(node) ?? parentId, lines) as Record<string, unknown>;
  lines.push(JSON.stringify(parentId === null ? own : { ...own, __parentId: parentId }));
}

/** The value as it stands in its line; connections inside become lines of their own. */
function withoutConnections(value: unknown, ownerId: string | null, lines: string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutConnections(one, ownerId, lines));
  if (typeof value !== "object" || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const children = childrenOf(inner);
    if (children) for (const child of children) flatten(child, ownerId, lines);
    else kept[key] = withoutConnections(inner, ownerId, lines);
  }
  return kept;
}

/** A connection's nodes; null for anything else. */
function childrenOf(value: unknown): unknown[] | null {
  if (typeof value !== "object" || value === null) return null;
  if ("edges" in value && Array.isArray(value.edges)) {
    return value.edges.map((edge: unknown) => (edge as { node: unknown }).node);
  }
  return "nodes" in value && Array.isArray(value.nodes) ? value.nodes : null;
}

function idOf(node: unknown): string | null {
  return typeof node === "object" && node !== null && "id" in node && typeof node.id === "string"
    ? node.id
    : null;
}
