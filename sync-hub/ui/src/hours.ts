// How a box did by the hour, as bars: plain numbers, so that it can be tried without a page.

export interface NodeHour {
  hour_ms: number;
  lag_ms_max: number;
  unsent_max: number;
  quarantined: number;
  entries: number;
  link_bytes: number;
}

export const HOUR_MS = 3_600_000;

export interface Bar {
  /** From the left, 0 the oldest hour. */
  at: number;
  /** Of the highest bar, 0 to 1. */
  share: number;
}

/** One bar for each hour of which something is known and that is not zero; none for a gap. */
export function barsOf(items: readonly NodeHour[], hours: number, now_ms: number, pick: (hour: NodeHour) => number): Bar[] {
  const last = Math.floor(now_ms / HOUR_MS);
  const most = mostOf(items, pick);
  return items
    .map((hour) => ({ at: Math.round(hour.hour_ms / HOUR_MS) - last + hours - 1, share: most > 0 ? pick(hour) / most : 0 }))
    .filter((bar) => bar.at >= 0 && bar.at < hours && bar.share > 0);
}

export function mostOf(items: readonly NodeHour[], pick: (hour: NodeHour) => number): number {
  return items.reduce((most, hour) => Math.max(most, pick(hour)), 0);
}
