// Where things stand in a small plot: plain numbers, so that it can be tried without a page.

/** Pixels that a label of 12 px needs above and below. */
const LABEL_PX = 14;

export interface Range {
  low: number;
  high: number;
  /** Where the axis is labelled, from low to high. */
  ticks: number[];
}

/** What the plot spans: all values and the limit, with a little air, from zero when `fromZero`. */
export function rangeOf(values: readonly number[], limit: number, fromZero: boolean): Range {
  const least = Math.min(limit, ...values);
  const most = Math.max(limit, ...values);
  const air = Math.max((most - least) * 0.12, limit * 0.05);
  const low = fromZero ? 0 : Math.max(0, least - air);
  const high = most + air;
  const far = (value: number) => Math.abs(value - limit) > (high - low) * 0.12;
  const below = [fromZero ? 0 : least].filter(far);
  return { low, high, ticks: [...below, limit, ...[most].filter(far)] };
}

/** Labels beside the ends of lines, moved apart so that none covers another; in the order given. */
export function endLabels(ends: readonly number[], top: number, bottom: number): number[] {
  const order = ends.map((_, at) => at).sort((a, b) => ends[a]! - ends[b]!);
  const placed = [...ends];
  let free = top;
  for (const at of order) {
    placed[at] = Math.max(free, ends[at]!);
    free = placed[at]! + LABEL_PX;
  }
  let floor = bottom;
  for (const at of order.toReversed()) {
    placed[at] = Math.min(floor, placed[at]!);
    floor = placed[at]! - LABEL_PX;
  }
  return placed;
}
