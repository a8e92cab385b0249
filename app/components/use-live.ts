import { useEffect, useState } from "react";

/** After a page came or a form was sent: the channels' answers usually are there by then. */
const firstPollMs = 700;
/** A visible page asks for news this often. */
const pollEveryMs = 2_000;
/** An answer that takes longer is given up. */
const answerMsMax = 8_000;

async function askForNews<T>(url: string): Promise<T> {
  // App Bridge adds the session token to every fetch to our own address. EventSource could not carry one.
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(answerMsMax),
  });
  const isJson = response.headers.get("content-type")?.includes("application/json") === true;
  if (!response.ok || !isJson) throw new Error(`answered ${String(response.status)}`);
  return (await response.json()) as T;
}

/**
 * Keeps what a loader gave fresh while the page is visible.
 * @param initial what the loader gave; a new one replaces what was polled
 * @param url gives the same as JSON
 * @returns the newest data, and `lost: true` while asking fails: the data is then the last that came
 */
export function useLive<T>(initial: T, url: string): { readonly data: T; readonly lost: boolean } {
  const [data, setData] = useState(initial);
  const [lost, setLost] = useState(false);
  const [given, setGiven] = useState(initial);
  if (given !== initial) {
    setGiven(initial);
    setData(initial);
  }
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      if (document.visibilityState === "visible") {
        try {
          const news = await askForNews<T>(url);
          if (!ended) setData(news);
          if (!ended) setLost(false);
        } catch {
          if (!ended) setLost(true);
        }
      }
      if (!ended) timer = setTimeout(() => void poll(), pollEveryMs);
    };
    timer = setTimeout(() => void poll(), firstPollMs);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
    // `initial` restarts the wait: an answer asked for before it would be older.
  }, [url, initial]);
  return { data, lost };
}
