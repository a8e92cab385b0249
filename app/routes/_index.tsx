import { redirect, type LoaderFunctionArgs } from "@remix-run/node";

/** Shopify opens the app at its root; people who come by themselves get a sentence. */
export function loader({ request }: LoaderFunctionArgs) {
  const { search, searchParams } = new URL(request.url);
  if (searchParams.has("shop")) return redirect(`/app${search}`);
  return null;
}

/** The address without a shop. */
export default function Root() {
  return (
    <main>
      <h1>Lockstep</h1>
      <p>One stock number, true on every sales channel. Open it from your Shopify admin.</p>
    </main>
  );
}
