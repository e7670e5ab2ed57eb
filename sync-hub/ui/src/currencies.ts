// The currencies of the entities served. The hub names one where it can; else the entity tells.

export interface Currency {
  code: string;
  digits: number;
}

const BY_ENTITY: Record<string, string> = { NG: 'NGN', KE: 'KES', ZA: 'ZAR', CM: 'XAF' };
const WITHOUT_DECIMALS = ['XAF', 'XOF'];

export function named(code: string): Currency {
  return { code, digits: WITHOUT_DECIMALS.includes(code) ? 0 : 2 };
}

export function currencyOf(told: string | undefined, entity: string | undefined): Currency {
  // XXX is the ISO code for "no currency": better than a wrong one beside an amount.
  return named(told ?? BY_ENTITY[(entity ?? '').slice(0, 2)] ?? 'XXX');
}
