/** What the merchant set in My eBay. */
export interface Preferences {
  /** Off: a quantity of 0 ends a listing, or is refused. */
  outOfStockControl: boolean;
}
