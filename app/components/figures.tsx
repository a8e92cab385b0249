/** A whole number with thousands apart; a dash when it is not known. */
export function figure(value: number | null): string {
  return value === null ? "–" : value.toLocaleString("en");
}

/** A change with its sign; empty when nothing changed. */
export function change(delta: number): string {
  if (delta === 0) return "";
  return delta > 0 ? `+${figure(delta)}` : `−${figure(-delta)}`;
}

/** A duration people can compare: "85 ms", "1.2 s", "3 min". */
export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${String(Math.round(ms / 60_000))} min`;
  return `${String(Math.round(ms / 3_600_000))} h`;
}

/** "1 listing", "2 listings". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`;
}

interface MomentProps {
  /** ISO 8601. */
  readonly at: string;
  /** The server's clock when the page's data was read: the browser's may be wrong. */
  readonly now: string;
}

function ago(at: string, now: string): string {
  const ms = Math.max(0, Date.parse(now) - Date.parse(at));
  const day = 24 * 3_600_000;
  if (ms < 1_000) return "just now";
  return ms < day
    ? `${duration(Math.floor(ms / 1_000) * 1_000).replace(".0 s", " s")} ago`
    : `${at.slice(0, 10)} ${at.slice(11, 16)}`;
}

/** How long ago something was; the exact time (UTC) on hovering. */
export function Moment({ at, now }: MomentProps) {
  return (
    <time dateTime={at} title={`${at.slice(0, 10)} ${at.slice(11, 23)} UTC`}>
      {ago(at, now)}
    </time>
  );
}
