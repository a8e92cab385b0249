import { BlockStack, Card, DataTable, Text } from "@shopify/polaris";
import { duration, figure, Moment } from "./figures.tsx";
import { StandingBadge, type Standing } from "./standing-badge.tsx";

/** One listing as the SKU's page shows it. */
export interface ListingFacts {
  readonly listingId: string;
  readonly label: string;
  readonly location: string | null;
  readonly shown: number | null;
  readonly expected: number;
  readonly ackedQty: number | null;
  readonly ackedAt: string | null;
  readonly lagMs: number | null;
  readonly standing: Standing;
  readonly lastError: string | null;
  readonly nextAttemptAt: string | null;
  readonly why: string;
}

interface ListingsProps {
  readonly listings: readonly ListingFacts[];
  readonly now: string;
}

function placeOf(listing: ListingFacts): string {
  return listing.location === null ? listing.label : `${listing.label}, ${listing.location}`;
}

/** What every channel shows beside what it should show. */
export function ListingTable({ listings, now }: ListingsProps) {
  if (listings.length === 0) {
    return (
      <Card>
        <Text as="p">No channel lists this SKU yet.</Text>
      </Card>
    );
  }
  return (
    <Card padding="0">
      <DataTable
        columnContentTypes={["text", "text", "numeric", "numeric", "text", "numeric", "text"]}
        headings={[
          "Listing",
          "State",
          "Shows",
          "Should show",
          "Last confirmed",
          "Lag",
          "Last error",
        ]}
        rows={listings.map((listing) => [
          placeOf(listing),
          <StandingBadge key="standing" standing={listing.standing} />,
          figure(listing.shown),
          figure(listing.expected),
          listing.ackedAt === null ? (
            "never written"
          ) : (
            <span key="acked">
              {figure(listing.ackedQty)}, <Moment at={listing.ackedAt} now={now} />
            </span>
          ),
          duration(listing.lagMs),
          listing.lastError ?? "",
        ])}
      />
    </Card>
  );
}

/** Per listing, the sentences that explain its number. */
export function ListingReasons({ listings }: Pick<ListingsProps, "listings">) {
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          Why these numbers
        </Text>
        <div>
          {listings.map((listing) => (
            <div className="lockstep-why" key={listing.listingId}>
              <Text as="h3" variant="headingSm">
                {`Why is this ${figure(listing.shown)} on ${placeOf(listing)}?`}
              </Text>
              <Text as="p">{listing.why}</Text>
            </div>
          ))}
        </div>
      </BlockStack>
    </Card>
  );
}
