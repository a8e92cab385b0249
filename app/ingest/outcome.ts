/** What became of one delivery at the door. */
export const outcomes = {
  accepted: 200,
  /** Stored before; answered like the first time. */
  duplicate: 200,
  /** Authentic, but of an account that is not (or no longer) with us. */
  "unknown-account": 200,
  /** The platform tried the address. */
  ping: 200,
  unauthenticated: 401,
  malformed: 400,
  "too-large": 413,
  "unknown-channel": 404,
  "wrong-method": 405,
  /** Could not be stored: the platform will send it again. */
  failed: 503,
} as const;

export type Outcome = keyof typeof outcomes;
