import type { HeadersFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { BlockStack, Card, InlineGrid, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { ConnectionCard } from "#app/components/connection-card.tsx";
import { counted } from "#app/components/figures.tsx";
import { LostBanner } from "#app/components/lost-banner.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { useLive } from "#app/components/use-live.ts";
import { readOverview } from "#app/services/overview/read-overview.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Home, Lockstep" }];

/** The shop at a glance. */
export async function loader({ request }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  return await readOverview(shopId, new Date());
}

type Glance = Awaited<ReturnType<typeof loader>>;

function verdict({ connections, skus, inStep }: Glance): string {
  if (connections.length === 0) return "No channel is connected yet.";
  const sum = (pick: (one: Glance["connections"][number]) => number) =>
    connections.reduce((total, one) => total + pick(one), 0);
  if (inStep) {
    const linked = sum((one) => one.listings.inStep);
    if (linked === 0) return "The channels are connected. No listing is linked to a SKU yet.";
    return `Everything is in step: ${counted(skus, "SKU")}, ${counted(linked, "listing")} on ${counted(connections.length, "channel")}.`;
  }
  const failed = sum((one) => one.listings.failed);
  const behind = sum((one) => one.listings.behind);
  const parts = [
    failed > 0 ? `${counted(failed, "listing")} could not be written` : "",
    behind > 0
      ? `${counted(behind, "listing")} ${behind === 1 ? "is" : "are"} being brought in step`
      : "",
  ].filter((part) => part !== "");
  return `${parts.join(", and ")}.`;
}

/** Whether everything is in step, and every connection's state. */
export default function Home() {
  const { data, lost } = useLive<Glance>(useLoaderData<typeof loader>(), "/app/live");
  return (
    <Page title="Lockstep" primaryAction={{ content: "See inventory", url: "/app/inventory" }}>
      <BlockStack gap="400">
        <LostBanner lost={lost} />
        <Card>
          <div aria-live="polite">
            <Text as="p" variant="headingMd">
              {verdict(data)}
            </Text>
          </div>
        </Card>
        <InlineGrid columns={{ xs: 1, md: 2 }} gap="400">
          {data.connections.map((connection) => (
            <ConnectionCard key={connection.id} facts={connection} now={data.now} />
          ))}
        </InlineGrid>
      </BlockStack>
    </Page>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
