import { Form, Link } from "@remix-run/react";
import {
  Badge,
  BlockStack,
  Button,
  Card,
  InlineStack,
  List,
  Text,
  TextField,
} from "@shopify/polaris";
import { useState } from "react";
import { counted, figure } from "./figures.tsx";

/** A listing that waits for its SKU. */
export interface QueueItem {
  readonly listingId: string;
  readonly channelSku: string | null;
  readonly title: string;
  readonly barcode: string | null;
  readonly url: string | null;
  readonly shown: number | null;
  readonly kind: "suggested" | "conflict" | "unmatched";
  readonly suggestions: readonly {
    readonly skuId: string;
    readonly code: string;
    readonly title: string;
    readonly rule: string;
    readonly score: number;
  }[];
}

const reasons: Readonly<Record<string, string>> = {
  sku: "same SKU, other barcode",
  "sku-variant": "same SKU in another spelling",
  barcode: "same barcode",
  title: "similar title",
};

/** How sure a suggestion is that the button for all of them accepts; the rule is the service's. */
const sureScoreMin = 0.9;

/** What a person has to decide about a listing, in two words. */
function KindBadge({ item }: { readonly item: QueueItem }) {
  if (item.kind === "suggested") return <Badge tone="success">Suggestion</Badge>;
  if (item.kind === "unmatched") return <Badge tone="info">No suggestion</Badge>;
  const contradicts = item.suggestions.some(({ rule }) => rule === "sku");
  return <Badge tone="warning">{contradicts ? "SKU and barcode disagree" : "Several fit"}</Badge>;
}

function Decision(props: {
  readonly listingId: string;
  readonly code?: string;
  readonly intent?: string;
  readonly busy: boolean;
  readonly children: string;
}) {
  const { listingId, code, intent, busy, children } = props;
  return (
    <Form method="post">
      <input type="hidden" name="listing" value={listingId} />
      {code === undefined ? null : <input type="hidden" name="sku" value={code} />}
      {intent === undefined ? null : <input type="hidden" name="intent" value={intent} />}
      <Button submit size="slim" disabled={busy}>
        {children}
      </Button>
    </Form>
  );
}

function OwnSku({ listingId, busy }: { readonly listingId: string; readonly busy: boolean }) {
  const [sku, setSku] = useState("");
  return (
    <Form method="post">
      <input type="hidden" name="listing" value={listingId} />
      <InlineStack gap="200" blockAlign="center">
        <TextField
          label="SKU"
          labelHidden
          name="sku"
          placeholder="Type a SKU"
          autoComplete="off"
          value={sku}
          onChange={setSku}
        />
        <Button submit size="slim" disabled={busy || sku.trim() === ""}>
          Match
        </Button>
      </InlineStack>
    </Form>
  );
}

function QueueCard({ item, busy }: { readonly item: QueueItem; readonly busy: boolean }) {
  const facts = [
    item.channelSku === null ? "no SKU there" : `SKU ${item.channelSku}`,
    ...(item.barcode === null ? [] : [`barcode ${item.barcode}`]),
    ...(item.shown === null ? [] : [`shows ${figure(item.shown)}`]),
  ];
  return (
    <Card>
      <BlockStack gap="200">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <Text as="h3" variant="headingSm">
            {item.title || "(no title)"}
          </Text>
          <KindBadge item={item} />
        </InlineStack>
        <Text as="p" tone="subdued">
          {facts.join(", ")}
        </Text>
        {item.suggestions.map(({ skuId, code, title, rule, score }) => (
          <InlineStack key={skuId} gap="200" blockAlign="center">
            <Text as="span">
              {`${title} (${reasons[rule] ?? rule}, ${String(Math.round(score * 100))} %)`}
            </Text>
            <Decision listingId={item.listingId} code={code} busy={busy}>
              {`Match to ${code}`}
            </Decision>
          </InlineStack>
        ))}
        <InlineStack gap="200" blockAlign="center">
          <OwnSku listingId={item.listingId} busy={busy} />
          <Decision listingId={item.listingId} intent="ignore" busy={busy}>
            Do not sync it
          </Decision>
        </InlineStack>
      </BlockStack>
    </Card>
  );
}

/** One page of the queue. */
export function MatchQueue(props: {
  readonly listings: readonly QueueItem[];
  readonly next: string | null;
  /** There are pages before this one. */
  readonly isLater: boolean;
  readonly busy: boolean;
}) {
  const { listings, next, isLater, busy } = props;
  if (listings.length === 0) {
    return (
      <Card>
        <BlockStack gap="200">
          <Text as="h2" variant="headingMd">
            {isLater ? "That was the last page" : "Nothing waits for you here"}
          </Text>
          {isLater ? <Link to="?">From the beginning</Link> : null}
          <Text as="p">
            Listings that are read and fit no SKU come here. So does every listing that you unmatch.
          </Text>
        </BlockStack>
      </Card>
    );
  }
  const isSure = ({ kind, suggestions: [best] }: QueueItem) =>
    kind === "suggested" && best !== undefined && best.score >= sureScoreMin;
  return (
    <BlockStack gap="300">
      {next !== null || isLater || listings.some(isSure) ? (
        <div className="lockstep-heading">
          <Form method="post">
            <input type="hidden" name="intent" value="accept-sure" />
            <Button submit variant="primary" disabled={busy}>
              Accept all suggestions that are at least 90 % sure
            </Button>
          </Form>
        </div>
      ) : null}
      {listings.map((item) => (
        <QueueCard key={item.listingId} item={item} busy={busy} />
      ))}
      {next === null ? null : (
        <div className="lockstep-heading">
          <Link to={`?after=${next}`}>More listings</Link>
        </div>
      )}
    </BlockStack>
  );
}

/** Matches as a file, out and in. */
export function MatchFileCard(props: { readonly connectionId: string; readonly busy: boolean }) {
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          Many at once, with a file
        </Text>
        <Text as="p">
          Download all listings and fill in the column sku, or components for a bundle (TEE-1:2;
          CAP:1). Then check the file here, and import it. Lines that are wrong change nothing and
          come back with the reason.
        </Text>
        <DownloadMatches connectionId={props.connectionId} />
        <UploadMatches busy={props.busy} />
      </BlockStack>
    </Card>
  );
}

function UploadMatches({ busy }: { readonly busy: boolean }) {
  const [chosen, setChosen] = useState(false);
  const [onlyCheck, setOnlyCheck] = useState(true);
  return (
    <Form method="post" encType="multipart/form-data">
      <BlockStack gap="200">
        <input
          type="file"
          name="file"
          accept=".csv,text/csv"
          aria-label="File of matches"
          onChange={(event) => setChosen((event.currentTarget.files?.length ?? 0) > 0)}
        />
        <label>
          <input
            type="checkbox"
            name="dryRun"
            checked={onlyCheck}
            onChange={(event) => setOnlyCheck(event.currentTarget.checked)}
          />{" "}
          Only check it, change nothing
        </label>
        <div>
          <Button submit disabled={busy || !chosen}>
            {onlyCheck ? "Check the file" : "Import the file"}
          </Button>
        </div>
      </BlockStack>
    </Form>
  );
}

/** A plain link would carry no session token: App Bridge adds it to fetches. */
function DownloadMatches({ connectionId }: { readonly connectionId: string }) {
  const [failed, setFailed] = useState(false);
  const download = async () => {
    const answer = await fetch(`/app/matches/${connectionId}`);
    setFailed(!answer.ok);
    if (!answer.ok) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = "lockstep-matches.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <InlineStack gap="200" blockAlign="center">
      <Button onClick={() => void download()}>Download all listings (CSV)</Button>
      {failed ? (
        <Text as="span" tone="critical">
          The file did not come. Try again.
        </Text>
      ) : null}
    </InlineStack>
  );
}

/** Lines of a report that the page shows; a file with more is corrected and checked again. */
const problemsShownMax = 100;

/** Lines of an uploaded file that were not followed, in the file's order. */
export function ReportProblems(props: {
  readonly problems: readonly {
    readonly line: number;
    readonly listing: string;
    readonly reason: string;
  }[];
}) {
  const sorted = props.problems.toSorted((one, other) => one.line - other.line);
  const hidden = sorted.length - problemsShownMax;
  return (
    <Card>
      <BlockStack gap="200">
        <Text as="h2" variant="headingMd">
          Lines to correct
        </Text>
        <List>
          {sorted.slice(0, problemsShownMax).map(({ line, listing, reason }) => (
            <List.Item key={line}>
              <Text as="span" breakWord>
                {`Line ${String(line)}, ${listing || "no listing"}: ${reason}`}
              </Text>
            </List.Item>
          ))}
        </List>
        {hidden > 0 ? <Text as="p">{`And ${counted(hidden, "other line")}.`}</Text> : null}
      </BlockStack>
    </Card>
  );
}
