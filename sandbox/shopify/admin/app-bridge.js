/* eslint-disable no-undef -- a classic browser script: one scope of its own */
/*
 * Stand-in for Shopify's App Bridge: the part of `window.shopify` that embedded apps use, talking to
 * the simulated admin (frame.js) by messages. It asks for session tokens and adds them to requests
 * exactly as the real one does, so the app's own authentication runs unchanged.
 */
(() => {
  "use strict";
  if (window.shopify) return;
  const script = document.currentScript;
  const adminOrigin = new URL(script.src).origin;
  const embedded = window.parent !== window;
  /** The admin has answered by then or never will. */
  const answerTimeoutMs = 10_000;
  /** A token this close to its end is fetched anew. */
  const tokenReserveMs = 10_000;
  /** Values of the first address that client-side navigation loses. */
  const frameParameters = new Set(
    "embedded hmac host id_token locale session shop timestamp".split(" "),
  );

  // Messages to and from the admin.
  const waiting = new Map();
  const listeners = new Map();
  let lastRequest = 0;

  function tell(type, detail = {}) {
    if (embedded) window.parent.postMessage({ appBridge: type, ...detail }, adminOrigin);
  }
  function ask(type, detail = {}) {
    if (!embedded) return Promise.reject(new Error("The app is not inside the admin."));
    return new Promise((resolve, reject) => {
      const request = (lastRequest += 1);
      const timer = setTimeout(() => {
        waiting.delete(request);
        reject(new Error(`The admin did not answer "${type}".`));
      }, answerTimeoutMs);
      waiting.set(request, (answer) => {
        clearTimeout(timer);
        waiting.delete(request);
        if (answer.error) reject(new Error(answer.error));
        else resolve(answer.value);
      });
      tell(type, { ...detail, request });
    });
  }
  window.addEventListener("message", (event) => {
    if (event.origin !== adminOrigin || event.source !== window.parent) return;
    const message = event.data;
    if (typeof message?.admin !== "string") return;
    if (message.admin === "answer") waiting.get(message.request)?.(message);
    else listeners.get(message.admin)?.(message);
  });

  // Configuration: from the address, kept for the pages after it.
  const query = new URLSearchParams(location.search);
  function remembered(name) {
    const key = `app-bridge-${name}`;
    const value = query.get(name);
    try {
      if (value) sessionStorage.setItem(key, value);
      return value ?? sessionStorage.getItem(key) ?? "";
    } catch {
      return value ?? "";
    }
  }
  const config = {
    apiKey:
      script.dataset.apiKey ??
      document.querySelector('meta[name="shopify-api-key"]')?.getAttribute("content") ??
      "",
    shop: remembered("shop"),
    host: remembered("host"),
    locale: remembered("locale") || "en",
  };

  // Session tokens.
  let token = null;
  let tokenUnderWay = null;
  function expiryMs(jwt) {
    const claims = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).exp * 1_000;
  }
  function idToken(fresh = false) {
    if (!fresh && token && expiryMs(token) - Date.now() > tokenReserveMs) {
      return Promise.resolve(token);
    }
    tokenUnderWay ??= ask("id-token")
      .then((value) => (token = value))
      .finally(() => (tokenUnderWay = null));
    return tokenUnderWay;
  }

  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const own = new URL(request.url).origin === location.origin;
    if (!embedded || !own || request.headers.has("authorization")) return plainFetch(request);
    const again = request.clone();
    const response = await plainFetch(authorized(request, await idToken()));
    const retry = response.headers.get("x-shopify-retry-invalid-session-request");
    if (response.status !== 401 || !retry) return response;
    return plainFetch(authorized(again, await idToken(true)));
  };
  function authorized(request, bearer) {
    request.headers.set("authorization", `Bearer ${bearer}`);
    request.headers.set("x-requested-with", "XMLHttpRequest");
    return request;
  }

  // The library's bounce page: come back with a token in the address.
  const reload = query.get("shopify-reload");
  if (reload) {
    const target = new URL(reload, location.href);
    if (target.origin === location.origin) {
      idToken(true).then(
        (value) => {
          target.searchParams.set("id_token", value);
          location.replace(target);
        },
        (error) => console.warn(error.message),
      );
    }
  }

  // The address in the admin follows the app's.
  function tellPath() {
    const shown = new URLSearchParams(location.search);
    for (const name of frameParameters) shown.delete(name);
    const search = shown.toString();
    tell("path", { path: location.pathname + (search ? `?${search}` : "") });
  }
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name].bind(history);
    history[name] = (...values) => {
      original(...values);
      tellPath();
    };
  }
  window.addEventListener("popstate", tellPath);

  // A click in the admin's navigation becomes the app's own navigation.
  listeners.set("navigate", ({ href }) => {
    const target = new URL(href, location.href);
    if (target.origin !== location.origin) return;
    const link = document.createElement("a");
    link.setAttribute("href", target.pathname + target.search);
    link.hidden = true;
    document.body.append(link);
    link.dispatchEvent(new CustomEvent("shopify:navigate", { bubbles: true }));
    link.remove();
  });

  // <ui-nav-menu>: its links appear in the admin.
  // Not a <style> element: a node that the server did not send would upset React's hydration.
  const elementStyle = new CSSStyleSheet();
  elementStyle.replaceSync(`
    ui-nav-menu, s-app-nav, ui-title-bar, ui-save-bar { display: none; }
    ui-modal { display: none; position: fixed; inset: 0; z-index: 1000; padding: 5vmin;
      background: rgb(0 0 0 / 50%); overflow: auto; }
    ui-modal[data-open] { display: block; }
    ui-modal > div { background: #fff; border-radius: 12px; padding: 16px; max-width: 620px;
      margin: 0 auto; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, elementStyle];

  function tellNavigation() {
    const links = [...document.querySelectorAll("ui-nav-menu a, s-app-nav a, s-app-nav s-link")];
    const items = links.map((link) => ({
      label: link.textContent.trim(),
      href: link.getAttribute("href") ?? "",
      home: link.getAttribute("rel") === "home",
    }));
    tell("navigation", { items });
  }
  function titleBar() {
    return [...document.querySelectorAll("ui-title-bar")].find((bar) => !bar.closest("ui-modal"));
  }
  function tellTitle() {
    const bar = titleBar();
    const buttons = [...(bar?.querySelectorAll("button, a") ?? [])].map((button) => ({
      label: button.textContent.trim(),
      primary: button.getAttribute("variant") === "primary",
      disabled: button.hasAttribute("disabled"),
    }));
    tell("title", { title: bar?.getAttribute("title") ?? "", buttons });
  }
  listeners.set("title-action", ({ index }) => {
    titleBar()?.querySelectorAll("button, a")[index]?.click();
  });

  let told = "";
  function tellElements() {
    // Only what changed is told: an app's page mutates all the time.
    const now = [...document.querySelectorAll("ui-nav-menu, s-app-nav, ui-title-bar")]
      .map((element) => element.outerHTML)
      .join("");
    if (now === told) return;
    told = now;
    tellNavigation();
    tellTitle();
  }
  new MutationObserver(tellElements).observe(document, {
    childList: true,
    subtree: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["href", "title", "disabled", "variant", "rel"],
  });

  // Save bar: <ui-save-bar> elements and forms with data-save-bar.
  let bar = null;
  const saveBar = {
    show(id) {
      return showBar({ element: document.getElementById(id), id });
    },
    hide(id) {
      if (!bar || bar.id === id) hideBar();
      return Promise.resolve();
    },
    toggle(id) {
      return bar?.id === id ? saveBar.hide(id) : saveBar.show(id);
    },
    leaveConfirmation() {
      if (!bar || window.confirm("Leave the page with unsaved changes?")) return Promise.resolve();
      return Promise.reject(new Error("The user stays on the page."));
    },
  };
  function showBar(next) {
    if (bar?.element === next.element && bar?.id === next.id) return Promise.resolve();
    bar = next;
    tell("save-bar", { open: true });
    bar.element?.dispatchEvent(new Event("show"));
    return Promise.resolve();
  }
  function hideBar() {
    const was = bar;
    bar = null;
    tell("save-bar", { open: false });
    was?.element?.dispatchEvent(new Event("hide"));
  }
  listeners.set("save-bar-action", ({ action }) => {
    const element = bar?.element;
    if (element instanceof HTMLFormElement) {
      if (action === "save") element.requestSubmit();
      else element.reset();
      return;
    }
    const buttons = [...(element?.querySelectorAll("button") ?? [])];
    const isSave = (button) => button.getAttribute("variant") === "primary";
    buttons.find((button) => isSave(button) === (action === "save"))?.click();
  });
  const savedForm = (event) =>
    event.target instanceof Element ? event.target.closest("form[data-save-bar]") : null;
  document.addEventListener("input", (event) => {
    const form = savedForm(event);
    if (form) void showBar({ element: form, id: form.id });
  });
  for (const name of ["submit", "reset"]) {
    document.addEventListener(name, (event) => {
      if (bar && savedForm(event) === bar.element) hideBar();
    });
  }

  // Modals stay inside the app's page; the real ones cover the admin.
  const call = (method) => (id) => Promise.resolve(document.getElementById(id)?.[method]?.());
  const modal = { show: call("show"), hide: call("hide"), toggle: call("toggle") };
  const openable = (isOpen, open, close) =>
    class extends HTMLElement {
      show() {
        if (!isOpen(this)) open(this);
        return Promise.resolve();
      }
      hide() {
        if (isOpen(this)) close(this);
        return Promise.resolve();
      }
      toggle() {
        return isOpen(this) ? this.hide() : this.show();
      }
      get content() {
        return this.querySelector(":scope > div") ?? this;
      }
    };
  const showElement = (element) => showBar({ element, id: element.id });
  const ownsBar = (element) => bar?.element === element;
  customElements.define("ui-save-bar", openable(ownsBar, showElement, hideBar));
  function setModal(element, open) {
    element.toggleAttribute("data-open", open);
    element.dispatchEvent(new Event(open ? "show" : "hide"));
  }
  customElements.define(
    "ui-modal",
    openable(
      (element) => element.hasAttribute("data-open"),
      (element) => setModal(element, true),
      (element) => setModal(element, false),
    ),
  );

  let lastToast = 0;
  const toast = {
    show(message, options = {}) {
      const id = `toast-${(lastToast += 1)}`;
      const { duration, isError = false } = options;
      tell("toast", { id, message: String(message), duration, isError });
      if (options.onDismiss) setTimeout(options.onDismiss, duration ?? 5_000);
      return id;
    },
    hide: (id) => tell("toast-hide", { id }),
  };

  window.shopify = {
    config,
    environment: { embedded, mobile: /Mobi/.test(navigator.userAgent), pos: false },
    idToken: () => idToken(),
    loading: (on) => tell("loading", { on: on !== false }),
    modal,
    navigation: { navigate: (href) => listeners.get("navigate")({ href }) },
    origin: adminOrigin,
    protocol: "https:",
    ready: Promise.resolve(),
    resourcePicker: () => Promise.reject(new Error("The simulated admin has no resource picker.")),
    saveBar,
    scopes: {
      query: () => Promise.resolve({ granted: [], required: [], optional: [] }),
      request: () => Promise.resolve({ result: "granted-all", detail: { granted: [] } }),
      revoke: () => Promise.resolve({ detail: { granted: [] } }),
    },
    toast,
    user: () => Promise.resolve({ accountAccess: "Full access", accountType: "REGULAR" }),
  };

  tellPath();
  tellElements();
  tell("ready");
})();
