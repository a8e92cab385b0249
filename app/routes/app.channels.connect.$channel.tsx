import type {
  ActionFunctionArgs,
  HeadersFunction,
  LoaderFunctionArgs,
  MetaFunction,
} from "@remix-run/node";
import { useActionData, useLoaderData, useNavigation } from "@remix-run/react";
import { Banner, BlockStack, Card, Page, Text } from "@shopify/polaris";
import { useEffect } from "react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { Breakable } from "#app/components/breakable.tsx";
import { AccountPicker, ConnectForm } from "#app/components/connect-form.tsx";
import { PageError } from "#app/components/page-error.tsx";
import { isUuid } from "#app/lib/ids.ts";
import { ConnectRefusal } from "#app/services/connect/connect-refusal.ts";
import { choicesOf, pickAccounts } from "#app/services/connect/finish-connect.ts";
import { startConnect } from "#app/services/connect/start-connect.ts";
import { findListedConnection, listConnectable } from "#app/services/connections/list-channels.ts";
import { requireShop } from "#app/shopify.server.ts";

export const meta: MetaFunction = () => [{ title: "Connect a channel, Lockstep" }];

/** What the platform asks for, or the accounts that consent opened. */
export async function loader({ request, params }: LoaderFunctionArgs) {
  const { shopId } = await requireShop(request);
  const search = new URL(request.url).searchParams;
  const channel = listConnectable().find(({ id }) => id === params.channel) ?? null;
  const state = search.get("pick");
  const accounts =
    channel && state !== null ? await choicesOf({ shopId, channelId: channel.id, state }) : null;
  const again = await connectionOf(shopId, search.get("again"));
  return { channel, state, accounts, again, asksThere: channel?.asksThere ?? false };
}

/** The connection that is to be connected again, with its name; null without one. */
async function connectionOf(shopId: string, id: string | null) {
  if (id === null || !isUuid(id)) return null;
  const connection = await findListedConnection(shopId, id);
  return connection ? { id, label: connection.label } : null;
}

export type ConnectAnswer =
  | { readonly message: string; readonly field: string | null }
  /** The platform's consent page. */
  | { readonly leaveFor: string };

/** Begins the sign-in, or takes the accounts that the merchant picked. */
export async function action({ request, params }: ActionFunctionArgs) {
  const { shopId, redirect } = await requireShop(request);
  try {
    const next = await follow(shopId, params.channel ?? "", await request.formData());
    // An answer, not a redirect: a fetch cannot take the admin's window along, the page can.
    if (next.leave) return { leaveFor: next.to } satisfies ConnectAnswer;
    return redirect(next.to);
  } catch (error) {
    if (!(error instanceof ConnectRefusal)) throw error;
    return { message: error.message, field: error.field } satisfies ConnectAnswer;
  }
}

/** @returns where to go next; `leave`: out of the frame, to the platform's consent page */
async function follow(
  shopId: string,
  channelId: string,
  form: FormData,
): Promise<{ readonly to: string; readonly leave: boolean }> {
  const { pick, again, ...values } = Object.fromEntries(
    [...form].filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
  if (pick !== undefined) {
    const indexes = form.getAll("account").map(Number);
    return { to: await afterPick({ shopId, channelId, state: pick, indexes }), leave: false };
  }
  const start = await startConnect({
    ...{ shopId, channelId, values },
    ...(again ? { connectionId: again } : {}),
  });
  if (start.next === "consent") return { to: start.url, leave: true };
  const { outcome } = start;
  const to =
    outcome.kind === "choose"
      ? `/app/channels/connect/${channelId}?pick=${encodeURIComponent(outcome.state)}`
      : `/app/channels/${outcome.connections[0]?.connectionId ?? ""}`;
  return { to, leave: false };
}

async function afterPick(picked: Parameters<typeof pickAccounts>[0]): Promise<string> {
  const stored = await pickAccounts(picked);
  const [only, ...others] = stored;
  return only && others.length === 0 ? `/app/channels/${only.connectionId}` : "/app/channels";
}

const back = { content: "Channels", url: "/app/channels" };

/** What happens next, so that nobody has to guess what the button does. */
function NextSteps(props: {
  readonly label: string;
  readonly asksThere: boolean;
  readonly isAgain: boolean;
}) {
  const consent = props.asksThere
    ? `${props.label} asks for your permission on a page of its own and brings you back here. `
    : "";
  const after = props.isAgain
    ? "Sign in with the same account. Its matches stay, and it goes on at once."
    : "Your listings are read and matched first. Nothing is written before you go live.";
  return <Text as="p">{consent + after}</Text>;
}

/** Opens the platform's page in the admin's own window, where consent pages let themselves be shown. */
function useLeaving(url: string | null): void {
  useEffect(() => {
    if (url !== null) window.open(url, "_top");
  }, [url]);
}

/** The form before the sign-in, or the accounts that it opened. */
function ConnectStep() {
  const { channel, state, accounts, again, asksThere } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const leaveFor = answer && "leaveFor" in answer ? answer.leaveFor : null;
  useLeaving(leaveFor);
  const busy = useNavigation().state !== "idle";
  if (channel === null) return null;
  if (accounts !== null && state !== null) {
    return <AccountPicker accounts={accounts} state={state} busy={busy} />;
  }
  const { label, fields } = channel;
  return (
    <>
      <NextSteps label={label} asksThere={asksThere} isAgain={again !== null} />
      <ConnectForm
        key={channel.id}
        {...{ label, fields, asksThere, busy }}
        refusal={answer && "field" in answer ? answer : null}
        again={again?.id ?? null}
      />
      {leaveFor === null ? null : (
        <Text as="p">
          {`${label}'s page opens now. `}
          <a href={leaveFor} target="_top">
            Open it here if it does not
          </a>
        </Text>
      )}
    </>
  );
}

export default function ConnectPage() {
  const { channel, again } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const refusal = answer && "field" in answer && answer.field === null ? answer.message : null;
  if (!channel || channel.unavailable !== null) {
    return (
      <Page title="Connect a channel" backAction={back}>
        <Banner tone="warning" title="This channel cannot be connected here">
          <p>{channel?.unavailable ?? "There is no such channel."}</p>
        </Banner>
      </Page>
    );
  }
  return (
    <Breakable>
      <Page
        title={again ? `Connect ${again.label} again` : `Connect ${channel.label}`}
        backAction={again ? { content: again.label, url: `/app/channels/${again.id}` } : back}
      >
        <BlockStack gap="400">
          {refusal === null ? null : (
            <Banner tone="critical" title="Not connected">
              <p>{refusal}</p>
            </Banner>
          )}
          <Card>
            <BlockStack gap="300">
              <ConnectStep />
            </BlockStack>
          </Card>
        </BlockStack>
      </Page>
    </Breakable>
  );
}

export const ErrorBoundary = PageError;
export const headers: HeadersFunction = (args) => boundary.headers(args);
