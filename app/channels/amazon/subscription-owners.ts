/** Subscriptions remembered; beyond it all are forgotten, and set up again within the quarter of an hour. */
const subscriptionsMax = 100_000;
const owners = new Map<string, string>();

/**
 * Whose subscription it is: some notifications (ACCOUNT_STATUS_CHANGED) name their subscription and no seller. Known to
 * this process since it set the seller's events up; a message of an unknown one stays without an owner.
 */
export function rememberSubscription(subscriptionId: string, accountId: string): void {
  if (owners.size >= subscriptionsMax) owners.clear();
  owners.set(subscriptionId, accountId);
}

export function ownerOfSubscription(subscriptionId: string | null | undefined): string | null {
  return owners.get(subscriptionId ?? "") ?? null;
}
