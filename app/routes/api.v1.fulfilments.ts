import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import {
  invalidFields,
  readFields,
  refuseMethod,
  serveApi,
  type ApiCaller,
} from "#app/api.server.ts";
import { addFulfilment } from "#app/services/fulfilments/add-fulfilment.ts";

const linesMax = 500;
const textCharsMax = 200;
const urlCharsMax = 2_000;

const shape = z.strictObject({
  connectionId: z.uuid({ error: "Give the connection's id." }).toLowerCase(),
  orderId: z.string().min(1).max(textCharsMax),
  lines: z
    .array(
      z.strictObject({ lineId: z.string().min(1).max(textCharsMax), quantity: z.int().min(1) }),
    )
    .min(1)
    .max(linesMax),
  carrier: z.string().max(textCharsMax),
  carrierName: z.string().max(textCharsMax).default(""),
  trackingNumber: z.string().max(textCharsMax),
  trackingUrl: z
    .url({ protocol: /^https?$/ })
    .max(urlCharsMax)
    .nullable()
    .default(null),
  shippedAt: z.iso.datetime({ offset: true }).optional(),
});

async function fulfil(request: Request, { shopId }: ApiCaller) {
  const { shippedAt, ...parcel } = await readFields(request, shape);
  const added = await addFulfilment({
    ...{ shopId, ...parcel },
    shippedAt: shippedAt === undefined ? new Date() : new Date(shippedAt),
  });
  if (!added.ok) throw invalidFields([{ field: added.field, message: added.reason }]);
  return { fulfilmentId: added.fulfilmentId, parcelNumber: added.parcelNumber };
}

/** POST /api/v1/fulfilments {connectionId, orderId, lines, carrier, carrierName?, trackingNumber, …}: one parcel. */
export function action({ request }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, (caller) => fulfil(request, caller));
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
