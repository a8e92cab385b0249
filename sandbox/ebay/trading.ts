import { z } from "zod";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { EbayAuth } from "./auth.ts";
import type { EbayAnswer } from "./frame.ts";
import type { Shop } from "./inventory.ts";
import {
  endFixedPriceItem,
  getItem,
  getSellerList,
  relistFixedPriceItem,
} from "./trading-items.ts";
import {
  readRequest,
  tag,
  tradingAnswer,
  type TradingContext,
  type TradingError,
} from "./trading-frame.ts";
import { reviseInventoryStatus } from "./trading-revise.ts";

/** specs/channel-limits.json, ebay.daily.trading: what an application starts with. */
const dailyLimit = { ratePerSecond: 5_000 / 86_400, burst: 5_000 };
/** "Short-duration call rate limit" of each call's own page: calls in 15 s, for one seller. */
const shortLimits: Readonly<Record<string, { ratePerSecond: number; burst: number }>> = {
  ReviseInventoryStatus: { ratePerSecond: 400, burst: 6_000 },
  GetSellerList: { ratePerSecond: 20, burst: 300 },
};

const calls: Readonly<Record<string, (context: TradingContext) => EbayAnswer>> = {
  ReviseInventoryStatus: reviseInventoryStatus,
  GetItem: getItem,
  GetSellerList: getSellerList,
  EndFixedPriceItem: endFixedPriceItem,
  RelistFixedPriceItem: relistFixedPriceItem,
  GetUserPreferences: getUserPreferences,
  SetUserPreferences: setUserPreferences,
};

/** `POST /ws/api.dll` */
export function tradingCall(shop: Shop, auth: EbayAuth, request: SandboxRequest): EbayAnswer {
  const callName = request.headers["x-ebay-api-call-name"] ?? "";
  const now = shop.context.now();
  const answer = (parts: Parameters<typeof tradingAnswer>[2]) =>
    tradingAnswer(callName, now, parts);
  const refuse = (code: number, text: string) => answer({ errors: [{ code, text }] });
  const run = calls[callName];
  if (!run) return refuse(2, `Unsupported API call "${callName}".`);
  const refusal = refusedFrame(auth, request) ?? refusedPace(shop, callName);
  if (refusal) return answer({ errors: [refusal] });
  const content = readRequest(request.rawBody, callName);
  if (content === null) return refuse(5, "XML Parse error.");
  return run({ ...shop, callName, request: content, answer, refuse });
}

function refusedFrame(auth: EbayAuth, { headers }: SandboxRequest): TradingError | null {
  const state = auth.userTokenState(headers["x-ebay-api-iaf-token"]);
  if (state === "expired") return { code: 21_917_053, text: "Expired IAF token." };
  if (state !== "valid") return { code: 21_916_984, text: "Invalid IAF token." };
  const isXml = /^text\/xml|^application\/xml/.test(headers["content-type"] ?? "");
  const isNumbered =
    /^\d+$/.test(headers["x-ebay-api-siteid"] ?? "") &&
    /^\d+$/.test(headers["x-ebay-api-compatibility-level"] ?? "");
  return isXml && isNumbered ? null : { code: 10_012, text: "Invalid value for header." };
}

function refusedPace({ context }: Shop, callName: string): TradingError | null {
  const daily = context.limiter.take(demoAccounts.ebay, "trading", dailyLimit);
  const short = shortLimits[callName];
  const isFast = short && !context.limiter.take(demoAccounts.ebay, callName, short).granted;
  if (daily.granted && !isFast) return null;
  return { code: 518, text: "Your application has exceeded its call limit." };
}

const preferenceShape = z.looseObject({ OutOfStockControlPreference: z.enum(["true", "false"]) });

function getUserPreferences({ preferences, answer }: TradingContext): EbayAnswer {
  return answer({ content: tag("OutOfStockControlPreference", preferences.outOfStockControl) });
}

function setUserPreferences({
  preferences,
  request,
  context,
  ...frame
}: TradingContext): EbayAnswer {
  const wanted = preferenceShape.safeParse(request);
  if (!wanted.success) return frame.refuse(37, "Input data is invalid.");
  preferences.outOfStockControl = wanted.data.OutOfStockControlPreference === "true";
  context.changed();
  return frame.answer({});
}
