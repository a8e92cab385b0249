import type {
  ActionFunctionArgs,
  HeadersFunction,
  LoaderFunctionArgs,
  MetaFunction,
} from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation } from "@remix-run/react";
import { Banner, BlockStack, Page } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { Breakable } from "#app/components/breakable.tsx";
import { MatchFileCard, MatchQueue, ReportProblems } from "#app/components/match-queue.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { isUuid } from "#app/lib/ids.ts";
import { findListedConnection } from "#app/services/connections/list-channels.ts";
import { actOnMatches, readMatchFile } from "#app/services/matching/act-on-matches.ts";
import { listMatchQueue } from "#app/services/matching/list-match-queue.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Matching, Lockstep" }];

const pageSize = 25;

/** Listings that wait for their SKU. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  const connectionId = params.connectionId ?? "";
  const connection = isUuid(connectionId) ? await findListedConnection(shopId, connectionId) : null;
  if (!connection) throw new Response("There is no such connection.", { status: 404 });
  const given = new URL(request.url).searchParams.get("after");
  const after = given !== null && isUuid(given) ? given : null;
  const queue = await listMatchQueue({ shopId, connectionId, after, pageSize });
  const listings = queue.listings.map(({ priceMinor: _minor, ...listing }) => listing);
  const { label } = connection;
  return { connectionId, label, listings, next: queue.next, isLater: after !== null };
}

const noProblems: readonly { line: number; listing: string; reason: string }[] = [];

/** A decision, all sure suggestions, or a file. */
export async function action({ request, params }: ActionFunctionArgs) {
  const { shopId } = await requireShop(request);
  const form = await request.formData();
  const connectionId = params.connectionId ?? "";
  const file = form.get("file");
  if (file instanceof File && file.size > 0) {
    const dryRun = form.get("dryRun") === "on";
    const report = await readMatchFile({ shopId, connectionId, file, dryRun });
    return { ...report, title: dryRun ? "Checked, nothing is changed yet" : null };
  }
  if (file !== null) return { title: null, message: "Choose a file first.", problems: noProblems };
  const fields = Object.fromEntries(
    [...form].filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
  const message = await actOnMatches({ shopId, connectionId, fields });
  return { title: null, message, problems: noProblems };
}

export default function MatchingRoute() {
  const { connectionId, label, listings, next, isLater } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  // Not while the queue is read anew: the next decision need not wait for it, and Enter would be lost.
  const busy = useNavigation().state === "submitting";
  return (
    <Breakable>
      <Page
        title={`Match listings of ${label}`}
        subtitle="Say which SKU a listing is. Nothing is matched on a guess."
        backAction={{ content: label, url: `/app/channels/${connectionId}` }}
      >
        <BlockStack gap="400">
          {answer ? (
            <Banner
              tone={answer.problems.length > 0 ? "warning" : "info"}
              {...(answer.title === null ? {} : { title: answer.title })}
            >
              <p>{answer.message}</p>
            </Banner>
          ) : null}
          {answer && answer.problems.length > 0 ? (
            <ReportProblems problems={answer.problems} />
          ) : null}
          <MatchQueue {...{ listings, next, isLater, busy }} />
          <MatchFileCard connectionId={connectionId} busy={busy} />
        </BlockStack>
      </Page>
    </Breakable>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
