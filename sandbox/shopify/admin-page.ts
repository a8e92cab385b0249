/** What the admin's document shows. */
export interface AdminPage {
  readonly shop: string;
  /** The app's first page in the admin: "/admin/store/demo/apps/lockstep". */
  readonly home: string;
  /** The signed address of the app's page; null: no app is configured. */
  readonly frame: string | null;
  /** The app's page below /app: "" or "/skus/TEE-001-S". */
  readonly path: string;
}

/** Sections of a shop's admin, for the look of it; only the app's is alive. */
const sections = ["Home", "Orders", "Products", "Customers", "Analytics", "Settings"];

/** The frame of Shopify's admin: top bar, navigation on the left, the app in an iframe. */
export function adminPage(page: AdminPage): string {
  const origin = page.frame === null ? "" : new URL(page.frame).origin;
  const body =
    page.frame === null
      ? `<p class="empty">No app is configured: start the sandbox with SANDBOX_APP_URL.</p>`
      : // frame.js starts it once it listens: what the app says first must not be missed.
        `<iframe id="app" name="app-iframe" title="Lockstep" data-src="${escaped(page.frame)}"
           allow="clipboard-write"></iframe>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lockstep · Demo shop · Admin</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/admin/frame.css">
</head>
<body data-shop="${escaped(page.shop)}" data-home="${escaped(page.home)}"
      data-app-origin="${escaped(origin)}" data-path="${escaped(page.path)}">
<header class="top">
  <button class="menu" id="menu" type="button" aria-label="Navigation" aria-expanded="false"
          aria-controls="nav"><span></span><span></span><span></span></button>
  <span class="brand">Simulated admin</span>
  <div class="savebar" id="savebar" role="region" aria-label="Unsaved changes" hidden>
    <span>Unsaved changes</span>
    <button type="button" id="discard">Discard</button>
    <button type="button" id="save" class="primary">Save</button>
  </div>
  <span class="store">Demo shop</span>
</header>
<div class="loading" id="loading" hidden></div>
<div class="columns">
  <nav class="nav" id="nav" aria-label="Admin">
    <ul>${sections.map((section) => `<li><span class="dead">${section}</span></li>`).join("")}</ul>
    <h2>Apps</h2>
    <ul>
      <li><a id="app-home" href="${escaped(page.home)}" aria-current="page">Lockstep</a>
        <ul id="app-nav"></ul></li>
    </ul>
    <p class="note">A simulation for offline work. Not Shopify.</p>
  </nav>
  <main class="main">
    <div class="title"><span class="icon" aria-hidden="true">L</span><strong>Lockstep</strong>
      <span id="title"></span><span class="actions" id="actions"></span></div>
    ${body}
  </main>
</div>
<div class="toasts" id="toasts" role="status" aria-live="polite"></div>
<script src="/admin/frame.js"></script>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
