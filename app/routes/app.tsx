import type { HeadersFunction, LinksFunction, LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, useLoaderData, useNavigation } from "@remix-run/react";
import { NavMenu } from "@shopify/app-bridge-react";
import polarisStyles from "@shopify/polaris/build/esm/styles.css?url";
import { AppProvider } from "@shopify/shopify-app-remix/react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useEffect } from "react";
import appStyles from "#app/components/app.css?url";
import { showLoading } from "#app/components/app-bridge.ts";
import { FrameError } from "#app/components/page-error.tsx";
import { appBridge, authenticate } from "#app/shopify.server.ts";

export const links: LinksFunction = () => [
  { rel: "stylesheet", href: polarisStyles },
  { rel: "stylesheet", href: appStyles },
];

/** Lets in who carries a session token of Shopify. */
export async function loader({ request }: LoaderFunctionArgs) {
  await authenticate.admin(request);
  return appBridge();
}

/** Every page under here checks the token itself. */
export const shouldRevalidate = () => false;

/** The frame around all embedded pages. */
export default function AppFrame() {
  const { apiKey, scriptUrl } = useLoaderData<typeof loader>();
  const { state } = useNavigation();
  useEffect(() => {
    showLoading(state !== "idle");
  }, [state]);
  return (
    <AppProvider
      isEmbeddedApp
      apiKey={apiKey}
      {...(scriptUrl === undefined ? {} : { __APP_BRIDGE_URL: scriptUrl })}
    >
      <NavMenu>
        <Link to="/app" rel="home">
          Home
        </Link>
        <Link to="/app/inventory">Inventory</Link>
        <Link to="/app/channels">Channels</Link>
      </NavMenu>
      <Outlet />
    </AppProvider>
  );
}

export const ErrorBoundary = FrameError;

/** Shopify's headers must reach the browser from errors too. */
export const headers: HeadersFunction = (args) => boundary.headers(args);
