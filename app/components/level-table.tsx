import { Card, DataTable, Text } from "@shopify/polaris";
import { figure } from "./figures.tsx";

/** One SKU's stock at one location. */
export interface LevelFacts {
  readonly locationId: string;
  readonly location: string;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  readonly version: number;
  readonly heldBy: string | null;
}

interface LevelTableProps {
  readonly levels: readonly LevelFacts[];
  readonly total: Pick<LevelFacts, "onHand" | "committed" | "available">;
}

/** Stock by location, with the sum. */
export function LevelTable({ levels, total }: LevelTableProps) {
  if (levels.length === 0) {
    return (
      <Card>
        <Text as="p">No location holds this SKU yet.</Text>
      </Card>
    );
  }
  return (
    <Card padding="0">
      <DataTable
        columnContentTypes={["text", "numeric", "numeric", "numeric", "numeric"]}
        headings={["Location", "On hand", "Committed", "Available", "Version"]}
        totals={["", figure(total.onHand), figure(total.committed), figure(total.available), ""]}
        totalsName={{ singular: "Your locations", plural: "Your locations" }}
        showTotalsInFooter
        rows={levels.map((level) => [
          level.heldBy === null ? level.location : `${level.location} (held there, not shared)`,
          figure(level.onHand),
          figure(level.committed),
          figure(level.available),
          figure(level.version),
        ])}
      />
    </Card>
  );
}
