import type { GraphqlCall, ShopifyClient } from "./client.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

/** What a stubbed shop says to a document: its data, or why not. */
export type StubAnswer = { readonly data: unknown } | { readonly fault: Fault };

/**
 * A shop for tests that answers by the name of the operation ("LockstepPrices"). Tests only.
 * @param answers called with the variables of each call; an operation without an answer fails the test
 */
export function stubShop(
  answers: Readonly<Record<string, (variables: Readonly<Record<string, unknown>>) => StubAnswer>>,
) {
  const calls: {
    readonly operation: string;
    readonly variables: Readonly<Record<string, unknown>>;
  }[] = [];
  const client: ShopifyClient = <Data>(call: GraphqlCall<Data>) => {
    const operation = /^\w+ (\w+)/.exec(call.query)?.[1] ?? "";
    calls.push({ operation, variables: call.variables });
    const answer = answers[operation]?.(call.variables);
    if (!answer) throw new Error(`nobody expected ${operation}`);
    return Promise.resolve(
      "fault" in answer
        ? { ok: false as const, fault: answer.fault }
        : { ok: true as const, data: call.data.parse(answer.data) },
    );
  };
  const called = (operation: string) =>
    calls.filter((call) => call.operation === operation).map(({ variables }) => variables);
  return { client, calls, called };
}
