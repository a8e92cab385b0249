import { z } from "zod";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime, type AccessTokens } from "../tokens.ts";
import type { AmazonAnswer } from "./frame.ts";

/** LWA access tokens live one hour (channels.md 3.2). */
export const accessTokenLifeS = 3_600;

const formShape = z.looseObject({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string().optional(),
});

/** Login with Amazon: `POST /auth/o2/token` with the refresh_token grant. */
export function lwaToken(
  context: SandboxContext,
  accessTokens: AccessTokens,
  request: SandboxRequest,
): AmazonAnswer {
  const raw = Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
  const form = formShape.safeParse(raw);
  if (!form.success) return refusal(400, "invalid_request", "The request is missing a parameter");
  const clientId = context.credential("AMAZON_LWA_CLIENT_ID");
  const clientSecret = context.credential("AMAZON_LWA_CLIENT_SECRET");
  const known =
    form.data.client_id === clientId && equalInConstantTime(form.data.client_secret, clientSecret);
  if (!known) return refusal(401, "invalid_client", "Client authentication failed");
  if (form.data.grant_type !== "refresh_token") {
    return refusal(400, "unsupported_grant_type", "The grant type is not supported");
  }
  const { refreshToken } = demoCredentials.amazon;
  if (form.data.refresh_token !== refreshToken || context.faults().consentRevoked) {
    return refusal(
      400,
      "invalid_grant",
      "The request has an invalid grant parameter : refresh_token",
    );
  }
  return {
    status: 200,
    body: {
      access_token: accessTokens.issue(),
      refresh_token: refreshToken,
      token_type: "bearer",
      expires_in: accessTokenLifeS,
    },
  };
}

function refusal(status: number, error: string, description: string): AmazonAnswer {
  return { status, body: { error, error_description: description } };
}
