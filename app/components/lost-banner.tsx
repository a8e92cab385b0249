import { Banner } from "@shopify/polaris";

/** Says that the numbers on the page are the last ones that came. Nothing when they are fresh. */
export function LostBanner({ lost }: { readonly lost: boolean }) {
  if (!lost) return null;
  return (
    <Banner tone="warning" title="These numbers may be old">
      <p>Lockstep does not answer right now. The page tries again every two seconds.</p>
    </Banner>
  );
}
