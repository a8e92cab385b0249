import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isInterfaceType,
  Kind,
  OperationTypeNode,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** A mutation's price, whatever it returns. */
const mutationPoints = 10;
const objectPoints = 1;

/**
 * What Shopify asks for a document, in points (shopify.md 3.8): a mutation 10, an object 1, a scalar 0,
 * `nodes` as many objects as ids. Connections are priced below their size: merchants report 24 points
 * for a page of 250 with two objects each, so a page counts 1.5 × log2(size) nodes here (our fit).
 */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const root = schema.getRootType(operation.operation);
  if (!root) return 0;
  if (operation.operation === OperationTypeNode.MUTATION) {
    return fieldsOf(operation.selectionSet).length * mutationPoints;
  }

  function selectionCost(selectionSet: SelectionSetNode, parent: GraphQLNamedType): number {
    let plain = 0;
    let widestFragment = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        plain += fieldCost(selection, parent);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) continue;
      const name = fragment.typeCondition?.name.value;
      const type = (name === undefined ? undefined : schema.getType(name)) ?? parent;
      const cost = selectionCost(fragment.selectionSet, type);
      // Of an interface's fragments only one can match each object.
      if (isAbstractType(parent)) widestFragment = Math.max(widestFragment, cost);
      else plain += cost;
    }
    return plain + widestFragment;
  }

  function fieldCost(field: FieldNode, parent: GraphQLNamedType): number {
    if (!isObjectType(parent) && !isInterfaceType(parent)) return 0;
    const definition = parent.getFields()[field.name.value];
    if (!definition || !field.selectionSet) return 0;
    const type = getNamedType(definition.type);
    if (!isCompositeType(type) || type.name === "PageInfo") return 0;
    const argument = (name: string) => argumentOf(field, name, variables);
    const children = selectionCost(field.selectionSet, type);
    // A connection and its edges are no objects of their own: their nodes are.
    if (type.name.endsWith("Edge")) return children;
    if (type.name.endsWith("Connection")) return pageFactor(argument("first")) * children;
    const ids = argument("ids");
    const count = parent === root && Array.isArray(ids) ? ids.length : 1;
    return count * (objectPoints + children);
  }

  return Math.ceil(selectionCost(operation.selectionSet, root));
}

function pageFactor(first: unknown): number {
  return typeof first === "number" && first > 1
    ? Math.max(1, Math.round(1.5 * Math.log2(first)))
    : 1;
}

function fieldsOf(selectionSet: SelectionSetNode): FieldNode[] {
  return selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
}

function argumentOf(
  field: FieldNode,
  name: string,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  const node = field.arguments?.find((argument) => argument.name.value === name);
  return node ? valueFromASTUntyped(node.value, { ...variables }) : undefined;
}
