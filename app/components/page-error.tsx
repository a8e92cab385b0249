import { isRouteErrorResponse, useRouteError } from "@remix-run/react";
import { Banner, Page } from "@shopify/polaris";

/**
 * What stands in for a page that failed. Shopify's library also answers through here: it throws
 * documents with App Bridge that renew the session or leave the frame. Its own `boundary.error` knows
 * them by a class name that the client build shortens, so they are recognised by kind here.
 */
export function PageError() {
  const error = useRouteError();
  if (isRouteErrorResponse(error)) {
    const document = typeof error.data === "string" ? error.data : "";
    return <div dangerouslySetInnerHTML={{ __html: document || "One moment, please." }} />;
  }
  return (
    <Page title="This page could not be shown">
      <Banner tone="critical" title="Something went wrong on our side">
        <p>Stock keeps being synchronised. Load the page again in a moment.</p>
      </Banner>
    </Page>
  );
}

/** The same for the frame around all pages, where Polaris is not there yet. */
export function FrameError() {
  const error = useRouteError();
  if (isRouteErrorResponse(error)) return <PageError />;
  return <p>Lockstep could not be shown. Stock keeps being synchronised; load the page again.</p>;
}
