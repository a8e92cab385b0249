/** Carrier names that Etsy takes; a part of its list (developers.etsy.com, fulfilment tutorial), and the way out. */
export const carrierNames: ReadonlySet<string> = new Set([
  "ups",
  "usps",
  "fedex",
  "dhl",
  "dhl-germany",
  "royal-mail",
  "dpd",
  "dpd-uk",
  "gls",
  "hermes",
  "canada-post",
  "australia-post",
  "bluedart",
  "other",
]);
