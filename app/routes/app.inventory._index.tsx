import type { HeadersFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData, useNavigate, useNavigation } from "@remix-run/react";
import {
  BlockStack,
  Button,
  Card,
  EmptyState,
  InlineStack,
  Page,
  Pagination,
  TextField,
} from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useEffect, useState } from "react";
import { LostBanner } from "#app/components/lost-banner.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { SkuTable } from "#app/components/sku-table.tsx";
import { useLive } from "#app/components/use-live.ts";
import { listSkus } from "#app/services/inventory/list-skus.ts";
import { readSkuPageRequest } from "#app/services/inventory/sku-page-request.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Inventory, Lockstep" }];

/** One page of SKUs. */
export async function loader({ request }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  const asked = readSkuPageRequest(new URL(request.url).searchParams);
  return { asked, page: await listSkus({ shopId, ...asked }) };
}

function address(path: string, parts: Record<string, string | null | undefined>): string {
  const kept = Object.entries(parts).filter(
    (part): part is [string, string] => typeof part[1] === "string" && part[1] !== "",
  );
  const query = new URLSearchParams(kept).toString();
  return query === "" ? path : `${path}?${query}`;
}

function Search({ search }: { readonly search: string }) {
  const navigate = useNavigate();
  const [text, setText] = useState(search);
  useEffect(() => {
    setText(search);
  }, [search]);
  return (
    <Form method="get" role="search">
      <InlineStack gap="200" wrap={false} blockAlign="center">
        <div style={{ flexGrow: 1 }}>
          <TextField
            label="Search SKUs"
            labelHidden
            name="q"
            type="search"
            autoComplete="off"
            placeholder="Search by SKU or title"
            maxLength={100}
            value={text}
            onChange={setText}
            clearButton
            onClearButtonClick={() => {
              navigate("/app/inventory");
            }}
          />
        </div>
        <Button submit>Search</Button>
      </InlineStack>
    </Form>
  );
}

function Nothing({ search }: { readonly search: string }) {
  return search === "" ? (
    <EmptyState heading="No SKUs yet" image="">
      <p>As soon as your products are read from Shopify, their stock shows here.</p>
    </EmptyState>
  ) : (
    <EmptyState
      heading={`No SKU matches “${search}”`}
      image=""
      action={{ content: "Show all SKUs", url: "/app/inventory" }}
    >
      <p>The search looks at the beginning, middle and end of SKU codes and titles.</p>
    </EmptyState>
  );
}

/** All SKUs: stock, and what every channel shows. */
export default function Inventory() {
  const { asked, page } = useLoaderData<typeof loader>();
  const { search = "", after, before } = asked;
  const { data, lost } = useLive(
    page,
    address("/app/live/inventory", { q: search, after, before }),
  );
  const { state } = useNavigation();
  const navigate = useNavigate();
  const turn = (parts: Record<string, string | null>) => () => {
    navigate(address("/app/inventory", { q: search, ...parts }));
  };
  return (
    <Page fullWidth title="Inventory" backAction={{ content: "Home", url: "/app" }}>
      <BlockStack gap="400">
        <LostBanner lost={lost} />
        <Card>
          <Search search={search} />
        </Card>
        <Card padding="0">
          {data.rows.length === 0 ? (
            <Nothing search={search} />
          ) : (
            <SkuTable
              connections={data.connections}
              rows={data.rows}
              loading={state === "loading"}
            />
          )}
        </Card>
        <InlineStack align="center">
          <Pagination
            hasPrevious={data.previous !== null}
            onPrevious={turn({ before: data.previous })}
            hasNext={data.next !== null}
            onNext={turn({ after: data.next })}
          />
        </InlineStack>
      </BlockStack>
    </Page>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
