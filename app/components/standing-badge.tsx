import { Badge } from "@shopify/polaris";

/** Where a listing stands; the rule is services/inventory/listing-standing. */
export type Standing = "in-step" | "behind" | "failed" | "resting";

const looks = {
  "in-step": { tone: "success", text: "In step" },
  behind: { tone: "attention", text: "Behind" },
  failed: { tone: "critical", text: "Failed" },
  resting: { tone: undefined, text: "Not synced" },
} as const;

/** Where one or several listings stand, in a word. */
export function StandingBadge({ standing }: { readonly standing: Standing }) {
  const { tone, text } = looks[standing];
  return <Badge {...(tone === undefined ? {} : { tone })}>{text}</Badge>;
}
