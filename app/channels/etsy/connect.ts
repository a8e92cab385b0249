import {
  ChannelFault,
  type ChannelConnect,
  type ConnectedAccount,
  type ConnectGrant,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { consentUrl } from "./auth.ts";
import { redeemCode } from "./client.ts";
import type { EtsyApp, EtsySecrets, EtsySettings } from "./config.ts";
import type { WireShop } from "./wire.ts";

/** Longest text of Etsy's that is repeated to the merchant. */
const textCharsMax = 200;

/** Etsy's sign-in: consent page, code, the consenting user's shop. */
export const etsyConnect: ChannelConnect<EtsyApp> = {
  fields: [
    {
      name: "renewSoldOut",
      label: "Put sold-out listings back on sale",
      kind: "choice",
      options: [
        { value: "no", label: "No, I renew them at Etsy myself" },
        { value: "yes", label: "Yes, and I pay Etsy's listing fee each time" },
      ],
      help: "Etsy charges its listing fee whenever a sold-out listing is renewed.",
      optional: true,
    },
  ],
  authorizeUrl: consentUrl,
  async complete(grant, context) {
    const code = codeOf(grant);
    const renewSoldOut = grant.values["renewSoldOut"] === "yes";
    try {
      const { redirectUrl, codeVerifier } = grant;
      const { secrets, shops } = await redeemCode(context, { code, redirectUrl, codeVerifier });
      const [first, ...others] = shops.map((shop) => accountOf(shop, secrets, { renewSoldOut }));
      if (!first) throw new ChannelFault(noShop);
      return [first, ...others];
    } catch (error) {
      if (error instanceof ChannelFault) throw new ChannelFault(ofSignIn(error.fault));
      throw error;
    }
  },
};

/** @throws ChannelFault `rejected` in Etsy's words when the merchant or Etsy said no */
function codeOf({ returned }: ConnectGrant): string {
  const { code, error, error_description: description } = returned;
  if (code !== undefined && code !== "" && error === undefined) return code;
  const said = (description ?? error ?? "").slice(0, textCharsMax);
  throw new ChannelFault({
    kind: "rejected",
    message: said === "" ? "Etsy sent no sign-in code." : `Etsy did not open the shop: ${said}`,
    ...(error === undefined ? {} : { code: error.slice(0, textCharsMax) }),
  });
}

const noShop: Fault = {
  kind: "rejected",
  message: "This Etsy user has no shop. Sign in at Etsy as the shop's owner and try again.",
};

/** Before there is a connection the same words mean something else. */
function ofSignIn(fault: Fault): Fault {
  if (fault.kind === "unknown-listing") return noShop;
  if (fault.kind !== "revoked" || fault.code !== "invalid_grant") return fault;
  const message = "Etsy did not accept the sign-in code: it was used or is too old. Try again.";
  return { ...fault, kind: "rejected", message };
}

function accountOf(shop: WireShop, secrets: EtsySecrets, settings: EtsySettings): ConnectedAccount {
  const warnings = [
    ...(settings.renewSoldOut
      ? []
      : ["A listing that sold out at Etsy stays sold out until you renew it there."]),
    ...(shop.is_vacation === true ? ["The shop is on holiday at Etsy: nothing is on sale."] : []),
  ];
  return {
    accountId: shop.shop_id,
    marketplace: "",
    label: `Etsy shop ${shop.shop_name ?? shop.shop_id}`,
    settings,
    secrets,
    warnings,
  };
}
