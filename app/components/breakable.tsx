import type { ReactNode } from "react";

/** Around pages with names and ids that channels give: long ones without a space break instead of widening a phone's page. */
export function Breakable({ children }: { readonly children: ReactNode }) {
  return <div style={{ overflowWrap: "anywhere" }}>{children}</div>;
}
