import { z } from "zod";

const text = z.string().min(1);

export const tokenAnswer = z.looseObject({
  access_token: text,
  expires_in: z.number().positive(),
  refresh_token: text.optional(),
});
export const tokenRefusal = z.looseObject({ error: text });

/** Body of every refusal. */
export const errorsAnswer = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string(), message: z.string().default("") })).min(1),
});

/** models/sellers.json. */
export const participationsAnswer = z.looseObject({
  payload: z.array(
    z.looseObject({
      marketplace: z.looseObject({
        id: text,
        countryCode: z.string().catch(""),
        name: z.string().catch(""),
        domainName: z.string().catch(""),
      }),
      participation: z.looseObject({
        isParticipating: z.boolean(),
        hasSuspendedListings: z.boolean().catch(false),
      }),
    }),
  ),
});
export type Participation = z.infer<typeof participationsAnswer>["payload"][number];

/** models/notifications.json. */
export const destinationsAnswer = z.looseObject({
  payload: z
    .array(
      z.looseObject({
        destinationId: text,
        resource: z
          .looseObject({ sqs: z.looseObject({ arn: z.string() }).nullish().catch(null) })
          .nullish()
          .catch(null),
      }),
    )
    .default([]),
});
export const destinationAnswer = z.looseObject({
  payload: z.looseObject({ destinationId: text }),
});
export const subscriptionAnswer = z.looseObject({
  payload: z.looseObject({ subscriptionId: text, destinationId: text }),
});
export type Subscription = z.infer<typeof subscriptionAnswer>["payload"];
