import { Form } from "@remix-run/react";
import { Banner, BlockStack, Button, Card, InlineStack, Text, TextField } from "@shopify/polaris";
import { type ReactNode, useState } from "react";
import { type ConnectionDetails, IntentButton, type PartProps } from "./connection-parts.tsx";

/** As the service has it. */
const labelCharsMax = 60;

/** Why nothing is written, and the way on. */
export function PausedBanner(props: {
  readonly page: ConnectionDetails & { readonly channel: string };
  readonly pausedByMerchant: boolean;
}) {
  const { page, pausedByMerchant } = props;
  const url = `/app/channels/connect/${page.channel}?again=${page.id}`;
  const canConnectAgain = page.canDisconnect && !pausedByMerchant;
  return (
    <Banner
      tone={pausedByMerchant ? "warning" : "critical"}
      title={`Nothing is written to ${page.label}`}
      {...(canConnectAgain ? { action: { content: "Connect again", url } } : {})}
    >
      <p>
        {pausedByMerchant
          ? "You paused it. Changes wait here until you resume."
          : (page.pausedReason ?? "It was paused.")}
      </p>
    </Banner>
  );
}

/** Pages, explanations and exports call the connection by this name. */
function RenameForm({ page, busy }: PartProps) {
  const [label, setLabel] = useState(page.label);
  return (
    <Form method="post">
      <input type="hidden" name="intent" value="rename" />
      <TextField
        label="Name of this connection"
        name="label"
        value={label}
        onChange={setLabel}
        maxLength={labelCharsMax}
        autoComplete="off"
        connectedRight={
          <Button submit disabled={busy || label.trim() === "" || label === page.label}>
            Rename
          </Button>
        }
      />
    </Form>
  );
}

/** A button under the sentence that says what it is about. */
function Control({ about, children }: { readonly about: string; readonly children: ReactNode }) {
  return (
    <BlockStack gap="200">
      <Text as="p" tone="subdued">
        {about}
      </Text>
      {children}
    </BlockStack>
  );
}

function AtZeroControl({ page, busy }: PartProps) {
  const ends = page.atZero === "end";
  return (
    <Control
      about={
        ends
          ? "Sold-out listings are ended there, and put back when there is stock."
          : "Sold-out listings stay there and show 0."
      }
    >
      <IntentButton intent={ends ? "at-zero-zero" : "at-zero-end"} busy={busy}>
        {ends ? "Keep sold-out listings and show 0" : "End sold-out listings instead"}
      </IntentButton>
    </Control>
  );
}

function DisconnectControl({ page, busy }: PartProps) {
  const [sure, setSure] = useState(false);
  return (
    <Control
      about={`Disconnecting forgets ${page.label}'s keys, listings and matches here. Nothing changes on ${page.channelLabel}; your stock and its history stay.`}
    >
      {sure ? (
        <InlineStack gap="200">
          <IntentButton intent="disconnect" busy={busy} critical>
            Yes, disconnect it
          </IntentButton>
          <Button onClick={() => setSure(false)}>Keep it</Button>
        </InlineStack>
      ) : (
        <div>
          <Button onClick={() => setSure(true)}>Disconnect…</Button>
        </div>
      )}
    </Control>
  );
}

/** Pause and resume, what to do at zero, its name, disconnect with what it means. */
export function ConnectionControls({
  page,
  busy,
  pausedByMerchant,
}: PartProps & {
  /** The merchant paused it, so it can be resumed; anything else needs to be connected again. */
  readonly pausedByMerchant: boolean;
}) {
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingMd">
          Controls
        </Text>
        {page.status === "active" ? (
          <Control
            about={`Pausing stops every write to ${page.label}. Changes wait here until you resume.`}
          >
            <IntentButton intent="pause" busy={busy}>
              Pause all writes
            </IntentButton>
          </Control>
        ) : null}
        {pausedByMerchant ? (
          <Control about={`Resuming writes the numbers of that moment to ${page.label}.`}>
            <IntentButton intent="resume" busy={busy} primary>
              Resume
            </IntentButton>
          </Control>
        ) : null}
        {page.canEnd ? <AtZeroControl page={page} busy={busy} /> : null}
        <RenameForm page={page} busy={busy} />
        {page.canDisconnect ? <DisconnectControl page={page} busy={busy} /> : null}
      </BlockStack>
    </Card>
  );
}
