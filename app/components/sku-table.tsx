import { IndexTable, InlineStack, Link, Text, useBreakpoints } from "@shopify/polaris";
import { figure } from "./figures.tsx";
import { StandingBadge, type Standing } from "./standing-badge.tsx";

/** A connection as a column. */
export interface TableConnection {
  readonly id: string;
  readonly label: string;
}

/** A SKU as a row; `shown` by connection id, no key where the connection does not list it. */
export interface TableSku {
  readonly code: string;
  readonly title: string;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  readonly shown: Readonly<Record<string, number | null>>;
  readonly standing: Standing;
}

interface SkuTableProps {
  readonly connections: readonly TableConnection[];
  readonly rows: readonly TableSku[];
  readonly loading: boolean;
}

/** The address of a SKU's page. */
export function skuPath(code: string): string {
  return `/app/inventory/${encodeURIComponent(code)}`;
}

function shownText(row: TableSku, connection: TableConnection): string {
  return connection.id in row.shown ? figure(row.shown[connection.id] ?? null) : "not listed";
}

function CompactRow({ row, connections }: { row: TableSku } & Pick<SkuTableProps, "connections">) {
  return (
    <div className="lockstep-sku-row">
      <InlineStack align="space-between" blockAlign="center" gap="200" wrap={false}>
        <Link url={skuPath(row.code)} dataPrimaryLink removeUnderline>
          <Text as="span" fontWeight="semibold">
            {row.code}
          </Text>
        </Link>
        <StandingBadge standing={row.standing} />
      </InlineStack>
      <Text as="p" tone="subdued">
        {row.title}
      </Text>
      <Text as="p" numeric>
        {`${figure(row.available)} available (${figure(row.onHand)} on hand, ${figure(row.committed)} committed)`}
      </Text>
      <Text as="p" tone="subdued" numeric>
        {connections.map((one) => `${one.label} ${shownText(row, one)}`).join(", ")}
      </Text>
    </div>
  );
}

function NumberCell({ text }: { readonly text: string }) {
  return (
    <IndexTable.Cell>
      <Text as="span" alignment="end" numeric>
        {text}
      </Text>
    </IndexTable.Cell>
  );
}

/** SKUs with their stock and what every connection shows; a list on narrow screens. */
export function SkuTable({ connections, rows, loading }: SkuTableProps) {
  const { smDown } = useBreakpoints();
  if (smDown) {
    return (
      <div aria-busy={loading}>
        {rows.map((row) => (
          <CompactRow key={row.code} row={row} connections={connections} />
        ))}
      </div>
    );
  }
  const number = (title: string) => ({ title, alignment: "end" as const });
  return (
    <IndexTable
      selectable={false}
      loading={loading}
      itemCount={rows.length}
      resourceName={{ singular: "SKU", plural: "SKUs" }}
      headings={[
        { title: "SKU" },
        number("On hand"),
        number("Committed"),
        number("Available"),
        ...connections.map((connection) => ({ ...number(connection.label), id: connection.id })),
        { title: "Channels" },
      ]}
    >
      {rows.map((row, position) => (
        <IndexTable.Row key={row.code} id={row.code} position={position}>
          <IndexTable.Cell>
            <Link url={skuPath(row.code)} dataPrimaryLink removeUnderline monochrome>
              <Text as="span" fontWeight="semibold">
                {row.code}
              </Text>
            </Link>
            <Text as="p" tone="subdued" truncate>
              {row.title}
            </Text>
          </IndexTable.Cell>
          <NumberCell text={figure(row.onHand)} />
          <NumberCell text={figure(row.committed)} />
          <NumberCell text={figure(row.available)} />
          {connections.map((connection) => (
            <NumberCell key={connection.id} text={shownText(row, connection)} />
          ))}
          <IndexTable.Cell>
            <StandingBadge standing={row.standing} />
          </IndexTable.Cell>
        </IndexTable.Row>
      ))}
    </IndexTable>
  );
}
