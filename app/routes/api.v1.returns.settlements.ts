import type { ActionFunctionArgs } from "@remix-run/node";
import { z } from "zod";
import {
  invalidFields,
  readFields,
  refuseMethod,
  serveApi,
  type ApiCaller,
} from "#app/api.server.ts";
import { settleReturn } from "#app/services/returns/settle-return.ts";

const textCharsMax = 200;

const shape = z.strictObject({
  connectionId: z.uuid({ error: "Give the connection's id." }).toLowerCase(),
  returnId: z.string().min(1).max(textCharsMax),
  as: z.enum(["restocked", "written-off"], { error: 'Either "restocked" or "written-off".' }),
  locationId: z.uuid({ error: "Give the location's id." }).toLowerCase(),
});

async function settle(request: Request, { shopId }: ApiCaller) {
  const settlement = await readFields(request, shape);
  const settled = await settleReturn({ shopId, ...settlement, actor: "api" });
  if (!settled.ok) throw invalidFields([{ field: "returnId", message: settled.reason }]);
  return { returnId: settlement.returnId, as: settlement.as, units: settled.units };
}

/** POST /api/v1/returns/settlements {connectionId, returnId, as, locationId}: what becomes of goods that came back. */
export function action({ request }: ActionFunctionArgs): Promise<Response> | Response {
  if (request.method !== "POST") return refuseMethod("POST");
  return serveApi(request, (caller) => settle(request, caller));
}

/** Every reading method. */
export function loader(): Response {
  return refuseMethod("POST");
}
