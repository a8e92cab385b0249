import type {
  ActionFunctionArgs,
  HeadersFunction,
  LoaderFunctionArgs,
  MetaFunction,
} from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Badge, BlockStack, Card, EmptyState, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { AdjustForm, type AdjustAnswer } from "#app/components/adjust-form.tsx";
import { counted } from "#app/components/figures.tsx";
import { LedgerTable, PushTable } from "#app/components/history-tables.tsx";
import { LevelTable } from "#app/components/level-table.tsx";
import { ListingReasons, ListingTable } from "#app/components/listing-table.tsx";
import { LostBanner } from "#app/components/lost-banner.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { skuPath } from "#app/components/sku-table.tsx";
import { useLive } from "#app/components/use-live.ts";
import { newId } from "#app/lib/ids.ts";
import { listLocations } from "#app/services/inventory/list-locations.ts";
import { parseAdjustment, typedNumber } from "#app/services/inventory/parse-adjustment.ts";
import { readSkuPage, type SkuPageData } from "#app/services/inventory/read-sku-page.ts";
import { readBefore } from "#app/services/inventory/sku-page-request.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = ({ params }) => [{ title: `${params.sku ?? ""}, Lockstep` }];

/** A SKU with its ledger and pushes. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  const code = params.sku ?? "";
  const before = readBefore(new URL(request.url).searchParams);
  const [page, locations] = await Promise.all([
    readSkuPage({ shopId, code, before }),
    listLocations(shopId),
  ]);
  const formKey = newId();
  return { code, before, page, locations, formKey };
}

/** Our own forms send an id; anything else is no key of ours. */
function isId(text: string): boolean {
  return /^[0-9a-f-]{36}$/.test(text);
}

const fieldOfRefusal = { "unknown-location": "locationId", "would-go-negative": "delta" } as const;

/** The adjustment form. */
export async function action({ request, params }: ActionFunctionArgs): Promise<AdjustAnswer> {
  const { shopId } = await requireShop(request);
  const form = await request.formData();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  const parsed = parseAdjustment({
    locationId: text("locationId"),
    delta: typedNumber(text("delta")),
    reason: text("reason"),
    expectedVersion: typedNumber(text("expectedVersion")),
  });
  if (!parsed.ok) {
    const errors = Object.fromEntries(parsed.errors.map((one) => [one.field, one.message]));
    return { ok: false, message: null, errors };
  }
  const { locationId, delta, reason, expectedVersion } = parsed.input;
  const outcome = await adjustStock({
    shopId,
    skuCode: params.sku ?? "",
    locationId,
    onHandDelta: delta,
    reason,
    idempotencyKey: isId(text("key")) ? text("key") : newId(),
    actor: "merchant",
    correlationId: newId(),
    expectedVersion,
  });
  if (outcome.ok) {
    const message = `Stock adjusted: ${counted(outcome.level.available, "unit")} available here`;
    return { ok: true, message, key: newId() };
  }
  const { refusal, message } = outcome;
  return refusal === "unknown-location" || refusal === "would-go-negative"
    ? { ok: false, message: null, errors: { [fieldOfRefusal[refusal]]: message } }
    : { ok: false, message, errors: {} };
}

function UnknownSku({ code }: { readonly code: string }) {
  return (
    <Page title="SKU not found" backAction={{ content: "Inventory", url: "/app/inventory" }}>
      <Card>
        <EmptyState
          heading={`There is no SKU “${code}”`}
          image=""
          action={{ content: "See all SKUs", url: "/app/inventory" }}
        >
          <p>It may have been renamed or removed in Shopify.</p>
        </EmptyState>
      </Card>
    </Page>
  );
}

interface KnownSkuProps {
  readonly first: SkuPageData;
  readonly before: number | null;
  readonly locations: readonly { readonly id: string; readonly name: string }[];
  readonly formKey: string;
}

function namesOf({ sku, listings }: SkuPageData): Record<string, string> {
  return Object.fromEntries([
    ...sku.levels.map((level) => [level.locationId, level.location]),
    ...listings.map((one) => [one.connectionId, one.label]),
    ...listings.map((one) => [
      one.listingId,
      one.location === null ? one.label : `${one.label}, ${one.location}`,
    ]),
  ]) as Record<string, string>;
}

function Titled({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <BlockStack gap="200">
      <div className="lockstep-heading">
        <Text as="h2" variant="headingMd">
          {title}
        </Text>
      </div>
      {children}
    </BlockStack>
  );
}

function KnownSku({ first, before, locations, formKey }: KnownSkuProps) {
  const path = skuPath(first.sku.code);
  const query = before === null ? "" : `?before=${String(before)}`;
  const { data, lost } = useLive(first, `${path.replace("/app/", "/app/live/")}${query}`);
  const { sku, listings, history, now } = data;
  const labels = namesOf(data);
  return (
    <Page
      title={sku.code}
      subtitle={sku.title}
      backAction={{ content: "Inventory", url: "/app/inventory" }}
      titleMetadata={
        sku.oversold > 0 ? (
          <Badge tone="critical">{`${counted(sku.oversold, "unit")} oversold`}</Badge>
        ) : null
      }
    >
      <BlockStack gap="500">
        <LostBanner lost={lost} />
        <Titled title="On the channels">
          <ListingTable listings={listings} now={now} />
        </Titled>
        {listings.length === 0 ? null : <ListingReasons listings={listings} />}
        <Titled title="Stock">
          <LevelTable levels={sku.levels} total={sku} />
        </Titled>
        <AdjustForm locations={locations} levels={sku.levels} firstKey={formKey} />
        <Titled title="Ledger">
          <LedgerTable
            entries={history.entries}
            labels={labels}
            now={now}
            olderUrl={history.older === null ? null : `${path}?before=${String(history.older)}`}
            newestUrl={before === null ? null : path}
          />
        </Titled>
        <Titled title="Pushes">
          <PushTable pushes={history.pushes} labels={labels} now={now} />
        </Titled>
      </BlockStack>
    </Page>
  );
}

/** One SKU: what every channel shows, why, and what happened. */
export default function SkuPage() {
  const { code, before, page, locations, formKey } = useLoaderData<typeof loader>();
  if (page === null) return <UnknownSku code={code} />;
  return (
    <KnownSku
      key={code}
      first={page}
      before={before}
      locations={locations.filter((location) => location.active)}
      formKey={formKey}
    />
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
