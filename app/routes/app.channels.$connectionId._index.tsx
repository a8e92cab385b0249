import type {
  ActionFunctionArgs,
  HeadersFunction,
  LoaderFunctionArgs,
  MetaFunction,
} from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation } from "@remix-run/react";
import { Banner, BlockStack, Page } from "@shopify/polaris";
import { useState } from "react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { Breakable } from "#app/components/breakable.tsx";
import { ConnectionControls, PausedBanner } from "#app/components/connection-controls.tsx";
import { AccountCard, ImportCard, ReviewCard } from "#app/components/connection-parts.tsx";
import { StatusBadge } from "#app/components/connection-list.tsx";
import { LostBanner } from "#app/components/lost-banner.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { useLive } from "#app/components/use-live.ts";
import { actOnConnection } from "#app/services/connections/act-on-connection.ts";
import { pausedByMerchant } from "#app/services/connections/pause-connection.ts";
import { readConnectionPage } from "#app/services/connections/read-connection-page.ts";
import { isUuid } from "#app/lib/ids.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Channel, Lockstep" }];

/** One connection. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  const id = params.connectionId ?? "";
  const page = isUuid(id) ? await readConnectionPage(shopId, id) : null;
  if (!page) throw new Response("There is no such connection.", { status: 404 });
  return { page, now: new Date().toISOString(), ownPause: pausedByMerchant };
}

/** Import again, go live, pause, resume, what to do at zero, rename, disconnect. */
export async function action({ request, params }: ActionFunctionArgs) {
  const { shopId, redirect } = await requireShop(request);
  const form = await request.formData();
  const id = params.connectionId ?? "";
  const intent = form.get("intent");
  const acted = await actOnConnection(shopId, id, {
    intent: typeof intent === "string" ? intent : "",
    label: form.get("label"),
  });
  if (acted.gone) return redirect("/app/channels");
  return { message: acted.message };
}

/** What a button led to; not any more once the connection has paused since: its banner says what is true now. */
function useMessage(answer: { readonly message: string } | null, status: string): string | null {
  const [given, setGiven] = useState({ answer, status });
  if (given.answer !== answer) setGiven({ answer, status });
  const isOver = status === "paused" && given.status !== "paused";
  return answer === null || isOver ? null : answer.message;
}

export default function ConnectionRoute() {
  const first = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useNavigation().state !== "idle";
  const { data: page, lost } = useLive(first.page, `/app/live/channels/${first.page.id}`);
  const message = useMessage(answer && "message" in answer ? answer : null, page.status);
  const isOwnPause = page.status === "paused" && page.pausedReason === first.ownPause;
  return (
    <Breakable>
      <Page
        title={page.label}
        subtitle={[page.channelLabel, page.accountId, page.marketplace].filter(Boolean).join(", ")}
        backAction={{ content: "Channels", url: "/app/channels" }}
        titleMetadata={<StatusBadge status={page.status} />}
      >
        <BlockStack gap="400">
          <LostBanner lost={lost} />
          {message === null ? null : (
            <Banner tone="info">
              <p>{message}</p>
            </Banner>
          )}
          {page.status === "paused" ? (
            <PausedBanner page={page} pausedByMerchant={isOwnPause} />
          ) : null}
          <ImportCard page={page} now={first.now} busy={busy} />
          <ReviewCard page={page} busy={busy} />
          <AccountCard page={page} />
          <ConnectionControls page={page} busy={busy} pausedByMerchant={isOwnPause} />
        </BlockStack>
      </Page>
    </Breakable>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
