// The way through the shelves: lines in the order of their bins, as a person walks past them.

import type { BinStock, OrderLine } from './api.ts';

const byBin = new Intl.Collator('en', { numeric: true }).compare;

export interface Stop {
  line: OrderLine;
  /** Where to go first; null when no bin is known to hold the article. */
  bin: BinStock | null;
  left: number;
}

/** The lines still to be picked, in walking order; those without a bin come last. */
export function stops(lines: readonly OrderLine[]): Stop[] {
  return lines
    .filter((line) => line.picked < line.quantity && line.short_reason === null)
    .map((line) => ({ line, bin: firstBin(line), left: line.quantity - line.picked }))
    .sort((a, b) => {
      if (!a.bin || !b.bin) return Number(!a.bin) - Number(!b.bin) || a.line.line - b.line.line;
      return byBin(a.bin.bin, b.bin.bin) || a.line.line - b.line.line;
    });
}

// A bin that holds enough spares a second walk; else the first on the way.
function firstBin(line: OrderLine): BinStock | null {
  const bins = line.bins.filter((bin) => bin.quantity > 0).sort((a, b) => byBin(a.bin, b.bin));
  return bins.find((bin) => bin.quantity >= line.quantity - line.picked) ?? bins[0] ?? null;
}
