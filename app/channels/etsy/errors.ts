import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { errorBody } from "./wire.ts";

interface Rule {
  readonly kind: FaultKind;
  /** For merchants; Etsy's own words follow. */
  readonly sentence: string;
  readonly retryAfterMs?: number;
}

interface TextRule extends Rule {
  readonly text: RegExp;
  /** Statuses it counts for; any where left out. */
  readonly only?: readonly number[];
  readonly code?: string;
}

const revoked: Rule = {
  kind: "revoked",
  sentence: "Etsy no longer accepts this connection. Connect the shop again.",
};
/** An operator's matter, not a merchant's: everything waits until it is mended. */
const ownKey: Rule = { kind: "unavailable", sentence: "Etsy does not accept this app's own key." };
const outage: Rule = { kind: "unavailable", sentence: "Etsy has an outage." };

/** `error` of an OAuth refusal (RFC 6749 and 6750, as etsy/open-api #519 shows them) -> our kinds. */
const byOauthError: Readonly<Record<string, Rule>> = {
  invalid_token: { kind: "unauthorised", sentence: "Etsy does not accept our access." },
  invalid_grant: revoked,
  invalid_scope: revoked,
  insufficient_scope: revoked,
  access_denied: { kind: "rejected", sentence: "The shop's owner did not allow the access." },
  invalid_client: ownKey,
  unauthorized_client: ownKey,
  server_error: outage,
  temporarily_unavailable: outage,
};

/**
 * What Etsy says in words alone, first match wins: it has no codes. The texts are Etsy's own as its document or the
 * threads of etsy/open-api quote them.
 */
const byText: readonly TextRule[] = [
  { ...ownKey, text: /x-api-key header|API key not found|invalid api key/i },
  {
    text: /daily rate limit/i,
    kind: "rate-limited",
    sentence: "The calls that Etsy allows this app for a day are used up.",
    retryAfterMs: 15 * 60_000,
  },
  {
    text: /per second rate limit/i,
    kind: "rate-limited",
    sentence: "Etsy asks us to wait.",
    retryAfterMs: 1_000,
  },
  // A 403 is a missing scope or somebody else's shop (channels.md 8.5).
  { ...revoked, text: /\bscopes?\b/i, only: [401, 403] },
  {
    text: /quantity greater than 0|\/quantity : cannot be empty/i,
    code: "no-quantity",
    kind: "rejected",
    sentence: "Etsy keeps no listing on sale without a single unit.",
  },
  {
    text: /frozen|not publishable/i,
    kind: "rejected",
    sentence: "Etsy took this listing off sale; only its owner can mend that at Etsy.",
  },
  {
    text: /cannot activate a listing in this state/i,
    kind: "rejected",
    sentence: "Etsy does not put this listing back on sale.",
  },
  {
    text: /greater than the maximum offset/i,
    kind: "rejected",
    sentence: "Etsy lists no more than the first part of so many listings.",
  },
];

/** The statuses of Etsy's document; any other one is `unexpected`. */
const byStatus: Readonly<Record<number, Rule>> = {
  400: { kind: "rejected", sentence: "Etsy refuses this." },
  401: { kind: "unauthorised", sentence: "Etsy does not accept our access." },
  403: { kind: "rejected", sentence: "Etsy does not allow this for the connected shop." },
  404: { kind: "unknown-listing", sentence: "Etsy does not know this listing." },
  405: { kind: "rejected", sentence: "Etsy refuses this." },
  408: { kind: "timeout", sentence: "Etsy gave up waiting for itself." },
  // Somebody else's edit: the whole write is repeated with what is there then (channels.md 8.5).
  409: { kind: "unavailable", sentence: "Etsy was changing this at the same moment." },
  413: { kind: "rejected", sentence: "Etsy refuses this." },
  415: { kind: "rejected", sentence: "Etsy refuses this." },
  422: { kind: "rejected", sentence: "Etsy refuses this." },
  423: { kind: "locked", sentence: "Etsy has locked this for now." },
  429: { kind: "rate-limited", sentence: "Etsy asks us to wait.", retryAfterMs: 1_000 },
  500: outage,
  // "Feedback only" calls, which Etsy documents and has not built.
  501: { kind: "unexpected", sentence: "Etsy has not built this." },
  502: outage,
  503: outage,
  504: { kind: "timeout", sentence: "Etsy gave up waiting for itself." },
};

/** Longest text of Etsy's own that goes into a fault. */
const textCharsMax = 300;

/** What a refused call means. */
export function faultOfAnswer(answer: Pick<ChannelResponse, "status" | "headers" | "json">): Fault {
  const said = errorBody.safeParse(answer.json).data;
  const text = said ? [said.error, said.error_description].filter(Boolean).join(": ") : "";
  const { rule, code } = ruleOf(answer.status, said?.error ?? "", text);
  const named = retryAfterMsOf(answer);
  const retryAfterMs = named ?? (rule.kind === "rate-limited" ? rule.retryAfterMs : undefined);
  return {
    kind: rule.kind,
    message: text === "" ? rule.sentence : `${rule.sentence} Etsy said: ${cut(text)}`,
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function ruleOf(status: number, error: string, text: string): { rule: Rule; code: string } {
  const oauth = byOauthError[error];
  if (oauth) return { rule: oauth, code: error };
  const worded = byText.find((rule) => fits(rule, status, text));
  const rule = worded ?? byStatus[status] ?? hundred(status);
  return { rule, code: worded?.code ?? String(status) };
}

/** An answer without an error that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `Etsy answered ${status} with a body we cannot read.`,
  };
}

function fits({ text, only }: TextRule, status: number, said: string): boolean {
  return text.test(said) && (only?.includes(status) ?? true);
}

function hundred(status: number): Rule {
  return status >= 500
    ? outage
    : {
        kind: "unexpected",
        sentence: `Etsy gave an answer of status ${status} that we do not know.`,
      };
}

function cut(text: string): string {
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}…` : text;
}
