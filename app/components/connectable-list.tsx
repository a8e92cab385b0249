import { BlockStack, Button, Card, InlineStack, Text } from "@shopify/polaris";

export interface Connectable {
  readonly id: string;
  readonly label: string;
  readonly unavailable: string | null;
}

interface ConnectableListProps {
  readonly channels: readonly Connectable[];
  /** Ids of channels that have a connection: one more account of theirs can be connected. */
  readonly connected: ReadonlySet<string>;
}

/** Channels with their way in: new ones first, those that cannot be connected here last. */
export function ConnectableList({ channels, connected }: ConnectableListProps) {
  const rank = ({ id, unavailable }: Connectable) =>
    unavailable === null ? (connected.has(id) ? 1 : 0) : 2;
  return (
    <div className="lockstep-cards">
      {channels
        .toSorted((one, other) => rank(one) - rank(other))
        .map((channel) => (
          <ConnectableCard
            key={channel.id}
            channel={channel}
            isConnected={connected.has(channel.id)}
          />
        ))}
    </div>
  );
}

function ConnectableCard(props: { readonly channel: Connectable; readonly isConnected: boolean }) {
  const { id, label, unavailable } = props.channel;
  return (
    <Card>
      <BlockStack gap="100">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <Text as="h3" variant="headingSm">
            {label}
          </Text>
          {unavailable === null ? (
            <Button
              url={`/app/channels/connect/${id}`}
              accessibilityLabel={
                props.isConnected ? `Connect another account of ${label}` : `Connect ${label}`
              }
            >
              {props.isConnected ? "Connect another" : "Connect"}
            </Button>
          ) : (
            <Text as="span" tone="subdued">
              Not set up
            </Text>
          )}
        </InlineStack>
        {unavailable === null ? null : (
          <Text as="p" tone="subdued">
            {unavailable}
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}
