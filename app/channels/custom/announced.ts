import {
  batchMax,
  powerNames,
  ratePerSecondDefault,
  ratePerSecondMax,
  ratePerSecondMin,
  type CustomSettings,
  type ServerPower,
} from "./config.ts";
import type { WireServer } from "./wire.ts";

/** Of what a server announces, what we know and can use. */
export function announcedPowers({ powers }: Pick<WireServer, "powers">): ServerPower[] {
  return powerNames.filter((power) => powers.includes(power));
}

/** Its pace and batch, within the bounds that ours have. */
export function announcedLimits({
  limits,
}: Pick<WireServer, "limits">): Pick<CustomSettings, "ratePerSecond" | "batch"> {
  const rate = limits?.ratePerSecond ?? ratePerSecondDefault;
  return {
    ratePerSecond: Math.min(Math.max(rate, ratePerSecondMin), ratePerSecondMax),
    batch: Math.min(limits?.batch ?? batchMax, batchMax),
  };
}
