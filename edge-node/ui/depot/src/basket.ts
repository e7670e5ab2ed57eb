// What a basket will cost, for the person who asks for the money. The edge prices the sale itself
// and has the last word; this follows the same rule, so that the two agree to the last unit.

export interface PricedLine {
  quantity: number;
  unit_price_minor: number;
  tax_class: string;
}

export interface Totals {
  net_minor: number;
  tax_minor: number;
  total_minor: number;
}

/** The standard rate out of a label such as "VAT 16 %" or "TVA 19,25 %", per hundred thousand. */
export function rateOf(label: string): number {
  const match = /(\d+)(?:[.,](\d{1,3}))?\s*%/.exec(label);
  if (!match) return 0;
  return Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
}

/** Prices are without tax; the tax is rounded once for the whole document, half up. */
export function totals(lines: readonly PricedLine[], rate: number, fee_minor = 0): Totals {
  const net_minor = lines.reduce((sum, line) => sum + line.quantity * line.unit_price_minor, 0);
  const taxed = lines
    .filter((line) => line.tax_class === 'standard')
    .reduce((sum, line) => sum + line.quantity * line.unit_price_minor, fee_minor);
  const scale = 100_000n;
  const tax_minor = Number((BigInt(taxed) * BigInt(rate) * 2n + scale) / (scale * 2n));
  return { net_minor, tax_minor, total_minor: net_minor + fee_minor + tax_minor };
}

/** Amounts a customer is likely to hand over: the total, and it rounded up to the next notes. */
export function likelyTenders(total_minor: number, digits: number): number[] {
  if (total_minor <= 0) return [];
  const unit = 10 ** digits;
  const rounded = [50, 100, 500, 1000].map((note) => Math.ceil(total_minor / (note * unit)) * note * unit);
  return [...new Set([total_minor, ...rounded])].slice(0, 4);
}

/** What may be sold here of another depot's stock. */
export interface Elsewhere {
  site: string;
  left: number;
}

/** A depot may have promised the same article in several rights: for a sale they are one. */
export function sellableElsewhere(
  rights: readonly { home_site: string; holder_site: string; left: number }[],
  here: string,
): Elsewhere[] {
  const left = new Map<string, number>();
  for (const right of rights) {
    if (right.holder_site !== here || right.home_site === here || right.left <= 0) continue;
    left.set(right.home_site, (left.get(right.home_site) ?? 0) + right.left);
  }
  return [...left].map(([site, sum]) => ({ site, left: sum }));
}
