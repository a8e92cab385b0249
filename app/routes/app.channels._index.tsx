import type { HeadersFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { BlockStack, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { Breakable } from "#app/components/breakable.tsx";
import { ConnectableList } from "#app/components/connectable-list.tsx";
import { ConnectionList } from "#app/components/connection-list.tsx";
import { LostBanner } from "#app/components/lost-banner.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { useLive } from "#app/components/use-live.ts";
import { readChannelsPage } from "#app/services/connections/list-channels.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Channels, Lockstep" }];

/** What is connected, and what can be. */
export async function loader({ request }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  return await readChannelsPage(shopId);
}

export default function ChannelsPage() {
  const first = useLoaderData<typeof loader>();
  const { data, lost } = useLive(first, "/app/live/channels");
  const connected = new Set(data.connections.map(({ channel }) => channel));
  return (
    <Breakable>
      <Page title="Channels" subtitle="Where your stock is shown, and where it can be">
        <BlockStack gap="500">
          <LostBanner lost={lost} />
          <ConnectionList connections={data.connections} now={data.now} />
          <BlockStack gap="300">
            <div className="lockstep-heading">
              <Text as="h2" variant="headingMd">
                Connect another channel
              </Text>
            </div>
            <ConnectableList channels={data.connectable} connected={connected} />
          </BlockStack>
        </BlockStack>
      </Page>
    </Breakable>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
