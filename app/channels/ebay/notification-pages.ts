import type { Answer } from "./client.ts";

/** Entries in one page of a list: the most that eBay gives. */
const pageSizeMax = 100;
const pagesMax = 10;

export interface NotificationPage<Row> {
  readonly rows: readonly Row[];
  /** The next page's address, which brings a token along. */
  readonly next: string | null | undefined;
}

/** All rows of a list of the Notification API. */
export async function pages<Row>(
  list: "topic" | "subscription" | "destination",
  read: (path: string) => Promise<Answer<NotificationPage<Row>>>,
): Promise<Answer<readonly Row[]>> {
  const rows: Row[] = [];
  let token: string | null = null;
  for (let page = 0; page < pagesMax; page += 1) {
    const query = new URLSearchParams({ limit: String(pageSizeMax) });
    if (token !== null) query.set("continuation_token", token);
    const answer = await read(`/commerce/notification/v1/${list}?${query}`);
    if (!answer.ok) return answer;
    rows.push(...answer.value.rows);
    token = tokenOf(answer.value.next);
    if (token === null || answer.value.rows.length === 0) break;
  }
  return { ok: true, value: rows };
}

function tokenOf(next: string | null | undefined): string | null {
  const query = next?.split("?")[1];
  return query === undefined ? null : new URLSearchParams(query).get("continuation_token");
}
