/* eslint-disable no-undef -- a classic browser script: one scope of its own */
/*
 * The simulated admin around the embedded app: answers App Bridge's messages (app-bridge.js), gives
 * it session tokens, shows its navigation, title, toasts and save bar, and keeps the address in step.
 */
(() => {
  "use strict";
  const { shop, home, appOrigin } = document.body.dataset;
  const frame = document.getElementById("app");
  const element = (id) => document.getElementById(id);
  const toastDefaultMs = 5_000;
  const toastsMax = 5;
  let path = `/app${document.body.dataset.path}`;

  const menu = element("menu");
  const nav = element("nav");
  menu.addEventListener("click", () => {
    openMenu(menu.getAttribute("aria-expanded") !== "true");
  });
  function openMenu(open) {
    menu.setAttribute("aria-expanded", String(open));
    nav.classList.toggle("open", open);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") openMenu(false);
  });

  if (!frame) return;

  function tell(type, detail = {}) {
    frame.contentWindow.postMessage({ admin: type, ...detail }, appOrigin);
  }

  async function sessionToken() {
    const response = await fetch("/admin/session-token", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ shop }),
    });
    if (!response.ok) throw new Error(`No session token: HTTP ${response.status}.`);
    return (await response.json()).token;
  }

  /** "/app/skus/A?tab=1" ↔ "<home>/skus/A?tab=1" */
  const adminPathOf = (appPath) => home + appPath.replace(/^\/app(?=[/?]|$)/, "");

  const handlers = {
    "id-token": ({ request }) => {
      sessionToken().then(
        (value) => tell("answer", { request, value }),
        (error) => tell("answer", { request, error: error.message }),
      );
    },
    path: (message) => {
      // Pages outside /app (the bounce page) are no places of their own.
      if (!/^\/app(?=[/?]|$)/.test(message.path)) return;
      path = message.path;
      history.replaceState(null, "", adminPathOf(path));
      markCurrent();
    },
    navigation: ({ items }) => showNavigation(items),
    title: ({ title, buttons }) => showTitle(title, buttons),
    toast: showToast,
    "toast-hide": ({ id }) => element(id)?.remove(),
    "save-bar": ({ open }) => {
      element("savebar").hidden = !open;
    },
    loading: ({ on }) => {
      element("loading").hidden = !on;
    },
    ready: () => {
      element("loading").hidden = true;
      // A new document: whatever the last one had open is gone.
      element("savebar").hidden = true;
    },
  };
  window.addEventListener("message", (event) => {
    if (event.origin !== appOrigin || event.source !== frame.contentWindow) return;
    const handler = Object.hasOwn(handlers, event.data?.appBridge)
      ? handlers[event.data.appBridge]
      : undefined;
    handler?.(event.data);
  });

  function followInFrame(link, href) {
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      openMenu(false);
      tell("navigate", { href });
    });
  }

  function showNavigation(items) {
    const list = element("app-nav");
    list.replaceChildren();
    for (const item of items.filter((candidate) => !candidate.home)) {
      const link = document.createElement("a");
      link.textContent = item.label;
      link.href = adminPathOf(item.href);
      link.dataset.path = item.href;
      followInFrame(link, item.href);
      const entry = document.createElement("li");
      entry.append(link);
      list.append(entry);
    }
    markCurrent();
  }
  followInFrame(element("app-home"), "/app");

  /** The longest matching entry is where we are. */
  function markCurrent() {
    const [here] = path.split("?");
    const links = [...element("app-nav").querySelectorAll("a")];
    const matching = links.filter((link) => {
      const [target] = link.dataset.path.split("?");
      return here === target || here.startsWith(`${target}/`);
    });
    matching.sort((left, right) => right.dataset.path.length - left.dataset.path.length);
    const current = matching[0] ?? element("app-home");
    for (const link of [element("app-home"), ...links]) {
      if (link === current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  function showTitle(title, buttons) {
    element("title").textContent = title;
    const actions = element("actions");
    actions.replaceChildren();
    for (const [index, { label, primary, disabled }] of buttons.entries()) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.disabled = disabled;
      if (primary) button.className = "primary";
      button.addEventListener("click", () => tell("title-action", { index }));
      actions.append(button);
    }
  }

  function showToast({ id, message, duration, isError }) {
    const toast = document.createElement("div");
    toast.id = id;
    toast.className = isError ? "toast error" : "toast";
    const text = document.createElement("span");
    text.textContent = message;
    const close = document.createElement("button");
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    close.textContent = "×";
    close.addEventListener("click", () => toast.remove());
    toast.append(text, close);
    const toasts = element("toasts");
    while (toasts.children.length >= toastsMax) toasts.firstElementChild.remove();
    toasts.append(toast);
    setTimeout(() => toast.remove(), duration ?? toastDefaultMs);
  }

  for (const action of ["save", "discard"]) {
    element(action).addEventListener("click", () => tell("save-bar-action", { action }));
  }
  // Only now is everything that the app may say listened to.
  if (frame?.dataset.src) frame.src = frame.dataset.src;
})();
