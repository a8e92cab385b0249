import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse, RateFeedback } from "../contract.ts";
import { retryAfterMsOf, statusFault } from "../status-fault.ts";
import { amazonLimits, type AmazonOperation } from "./config.ts";
import { errorsAnswer } from "./wire-account.ts";
import { type Submission, type SubmissionIssue } from "./wire-listings.ts";

/** Longest piece of Amazon's own words in a fault. */
const wordsCharsMax = 300;

/**
 * Amazon's own codes: channels.md 3.8, the models' examples (specs/amazon/models: BAD_REQUEST, InvalidParameterValue,
 * "Invalid Input" …) and the spellings that its older and newer services use for the same thing. Compared without
 * case, blanks and underscores.
 */
const kinds: Readonly<Record<string, FaultKind>> = {
  invalidinput: "rejected",
  badrequest: "rejected",
  invalidrequest: "rejected",
  invalidparametervalue: "rejected",
  invalidparameter: "rejected",
  missingparameter: "rejected",
  requesttoolarge: "rejected",
  requestentitytoolarge: "rejected",
  unsupportedmediatype: "rejected",
  batchsizeexceed: "rejected",
  conflict: "rejected",
  invalidsku: "unknown-listing",
  notfound: "unknown-listing",
  unauthorized: "unauthorised",
  accessdenied: "unauthorised",
  forbidden: "unauthorised",
  invalidaccesstoken: "unauthorised",
  expiredtoken: "unauthorised",
  missingauthenticationtoken: "unauthorised",
  quotaexceeded: "rate-limited",
  requestthrottled: "rate-limited",
  throttlingexception: "rate-limited",
  toomanyrequests: "rate-limited",
  internalfailure: "unavailable",
  internalerror: "unavailable",
  internalservererror: "unavailable",
  serviceunavailable: "unavailable",
  gatewaytimeout: "timeout",
};

/** What each kind is called for a merchant, before Amazon's own words. */
const sentences: Readonly<Record<FaultKind, string>> = {
  "rate-limited": "Amazon asks us to wait.",
  unavailable: "Amazon has an outage.",
  timeout: "Amazon gave up waiting for itself.",
  unauthorised: "Amazon does not give us access to this.",
  revoked: "Amazon says the seller withdrew the app's access. Connect the account again.",
  "unknown-listing": "Amazon does not know this.",
  locked: "Amazon refuses this for now.",
  rejected: "Amazon refuses this.",
  unsupported: "Amazon keeps this stock itself.",
  unexpected: "Amazon gave an answer we cannot read.",
};

/** The fault of an answer that is not a success. */
export function faultOf(response: ChannelResponse, operation: AmazonOperation): Fault {
  const error = errorsAnswer.safeParse(response.json).data?.errors[0];
  const byStatus = statusFault(response);
  const kind = error ? kindOfError(error.code, byStatus.kind) : byStatus.kind;
  const said = error?.message ? ` It said: ${cut(error.message)}` : "";
  const fault: Fault = {
    kind,
    message: `${sentences[kind]}${said}`,
    code: error?.code ?? String(response.status),
  };
  if (kind !== "rate-limited") return fault;
  return { ...fault, retryAfterMs: waitMsOf(response) ?? tokenMsOf(operation) };
}

/** A code nobody told us of: what the status says, but never "retrying cannot help". */
function kindOfError(code: string, byStatus: FaultKind): FaultKind {
  const known = kinds[code.toLowerCase().replace(/[^a-z]/g, "")];
  return known ?? (byStatus === "rejected" ? "unexpected" : byStatus);
}

/** Amazon states no wait: one token's time (channels.md 3.8). The retry policy adds jitter. */
function tokenMsOf(operation: AmazonOperation): number {
  return Math.ceil(1_000 / amazonLimits[operation].ratePerSecond);
}

/** The wait after a 429: Retry-After where it came, else a token's time at the rate the answer names. */
function waitMsOf(response: ChannelResponse): number | undefined {
  const stated = retryAfterMsOf(response);
  if (stated !== undefined) return stated;
  const rate = Number(response.headers.get("x-amzn-ratelimit-limit") ?? Number.NaN);
  return rate > 0 ? Math.ceil(1_000 / rate) : undefined;
}

/** What an answer says about its bucket: the rate alone, which matters once it is empty (channels.md 3.8). */
export function amazonRateFeedback(response: ChannelResponse): RateFeedback | undefined {
  if (response.status !== 429) return undefined;
  const retryAfterMs = waitMsOf(response);
  return retryAfterMs === undefined ? undefined : { remaining: 0, retryAfterMs };
}

/** Issues that mean something else than "retrying cannot help". 13013: the SKU is not in the catalogue any more. */
const issueKinds: Readonly<Record<string, FaultKind>> = { "13013": "unknown-listing" };

/** Issues of a submission that name the operation, not the content: `merge` is not taken there (channels.md 14.2). */
const operationWords = /\bmerge\b|\bpatch(es)? operation|\boperation\b.*\bsupported\b/i;

/**
 * HTTP 200 is not success: INVALID changed nothing and will not with the same content.
 * @param what what was sent, for the sentence: "the quantity"
 */
export function faultOfSubmission(submission: Submission, what: string): Fault | null {
  const { status, issues } = submission;
  if (status === "ACCEPTED") return null;
  if (status === "VALID") {
    return { kind: "unexpected", message: `Amazon looked at ${what} and did not take it.` };
  }
  const issue = issues.find(({ severity }) => severity === "ERROR") ?? issues[0];
  return faultOfIssue(issue, what);
}

/** One issue of a submission or of a feed's report. */
export function faultOfIssue(
  issue: { readonly code?: string | undefined; readonly message: string } | undefined,
  what: string,
): Fault {
  return {
    kind: issueKinds[issue?.code ?? ""] ?? "rejected",
    message: `Amazon refuses ${what}: ${cut(issue?.message ?? "no reason given")}`,
    ...(issue?.code === undefined ? {} : { code: issue.code }),
  };
}

/** Whether the account or product type takes no `merge`: then the whole attribute is read and replaced. */
export function refusesMerge(issues: readonly Pick<SubmissionIssue, "message">[]): boolean {
  return issues.some(({ message }) => operationWords.test(message));
}

export type TokenGrant = "refresh_token" | "authorization_code" | "client_credentials";

/** Login with Amazon's refusals (channels.md 3.2); null for one it does not document: the status says. */
export function tokenFault(code: string, grant: TokenGrant): Fault | null {
  switch (code) {
    case "invalid_grant":
    case "unauthorized_client":
      return grantFaults[grant](code);
    case "invalid_client":
    case "invalid_scope":
      return operatorFault(code);
    case "access_denied":
      return { kind: "rejected", message: "Access was not granted at Amazon.", code };
    case "server_error":
    case "temporarily_unavailable":
      return { kind: "unavailable", message: "Amazon's sign-in has an outage.", code };
    default:
      return null;
  }
}

/** The operator's to mend, not the merchant's: wait as in an outage. */
function operatorFault(code: string): Fault {
  const message = "Amazon does not accept the app's own credentials.";
  return { kind: "unavailable", message, code };
}

/** What a grant that is not accepted means, by what was granted. */
const grantFaults: Readonly<Record<TokenGrant, (code: string) => Fault>> = {
  refresh_token: (code) => ({ kind: "revoked", message: sentences.revoked, code }),
  authorization_code: (code) => ({
    kind: "rejected",
    message: "Amazon's consent was used already or ran out. Connect the account again.",
    code,
  }),
  client_credentials: operatorFault,
};

function cut(text: string): string {
  return text.length > wordsCharsMax ? `${text.slice(0, wordsCharsMax)}…` : text;
}
