import { problemResponse } from "#app/lib/problem.ts";

function unknownAddress(): Response {
  return problemResponse({
    status: 404,
    name: "unknown-address",
    title: "There is nothing at this address.",
    detail:
      "The API is at /api/v1: inventory/{sku}, inventory/{sku}/adjustments, locations, listings/prices, " +
      "listings/pause, listings/resume, fulfilments, returns/settlements.",
  });
}

/** Any address under /api that no other route takes. */
export const loader = unknownAddress;
/** The same for writing methods. */
export const action = unknownAddress;
