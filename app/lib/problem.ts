/** One field of a request that cannot be accepted, and why in words. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** What an API caller did wrong, or we did: RFC 9457. */
export interface Problem {
  readonly status: number;
  /** Stable and short: "unknown-sku". Becomes the `type` urn, which programs switch on. */
  readonly name: string;
  /** The same sentence for every occurrence. */
  readonly title: string;
  /** This occurrence, in words. */
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whatever handles an API request; the API's door turns it into an answer. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** A problem as an `application/problem+json` answer. */
export function problemResponse(problem: Problem): Response {
  const { status, name, title, detail, errors = [], headers = {} } = problem;
  const body = { type: `urn:lockstep:problem:${name}`, title, status, detail, errors };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "content-type": "application/problem+json; charset=utf-8" },
  });
}
