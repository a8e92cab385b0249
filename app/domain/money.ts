/** An amount of money: whole minor units (cents, pence, yen) and an ISO 4217 code. */
export interface Money {
  /** Integer ≥ 0. */
  readonly minor: number;
  /** Three capital letters: "USD". */
  readonly currency: string;
}

/** Currencies whose minor unit is not a hundredth, by ISO 4217; every other one has two digits. */
const minorDigits: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  ISK: 0,
  JPY: 0,
  KRW: 0,
  PYG: 0,
  UGX: 0,
  VND: 0,
  XAF: 0,
  XOF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  OMR: 3,
  TND: 3,
};
const decimalShape = /^(\d{1,12})(?:\.(\d{1,6}))?$/;

/** Decimal digits of a currency's minor unit: 2 for USD, 0 for JPY. */
export function minorDigitsOf(currency: string): number {
  return minorDigits[currency] ?? 2;
}

/** The amount as platforms write it: "19.99", "1200" for yen. */
export function decimalOf({ minor, currency }: Money): string {
  const digits = minorDigitsOf(currency);
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * Reads a platform's decimal ("19.99", 19.99, "19.9900"); null when it is no amount of this currency (a sign, an
 * exponent, a fraction of a cent).
 */
export function moneyOf(decimal: string | number, currency: string): Money | null {
  const match = decimalShape.exec(String(decimal).trim());
  if (!match || !/^[A-Z]{3}$/.test(currency)) return null;
  const digits = minorDigitsOf(currency);
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > digits) return null;
  return { minor: Number(`${match[1] ?? ""}${fraction.padEnd(digits, "0")}`), currency };
}
