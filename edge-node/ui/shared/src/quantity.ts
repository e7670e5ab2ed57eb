// Quantities are whole base units.

export const QUANTITY_MAX = 1_000_000;

/** A whole number of at least `least`; null when it is anything else. */
export function parseQuantity(text: string, least = 1): number | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '');
  if (!/^\d{1,7}$/.test(plain)) return null;
  const units = Number(plain);
  return units >= least && units <= QUANTITY_MAX ? units : null;
}
