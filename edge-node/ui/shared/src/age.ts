// How long ago, in the coarsest unit that still says something. The words are in the .ftl files.

export type AgeUnit = 'now' | 'minutes' | 'hours' | 'days';

export interface Age {
  unit: AgeUnit;
  count: number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A time in the future (a clock was set back) counts as now: an age is never negative. */
export function age(since_ms: number, now_ms: number): Age {
  const passed_ms = Math.max(0, now_ms - since_ms);
  if (passed_ms < MINUTE_MS) return { unit: 'now', count: 0 };
  if (passed_ms < HOUR_MS) return { unit: 'minutes', count: Math.floor(passed_ms / MINUTE_MS) };
  if (passed_ms < DAY_MS) return { unit: 'hours', count: Math.floor(passed_ms / HOUR_MS) };
  return { unit: 'days', count: Math.floor(passed_ms / DAY_MS) };
}
