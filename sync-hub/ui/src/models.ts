// What the registry of models says, as types, and the plain steps from reports to plots.

export interface Version {
  version: number;
  manifest: string;
  kind: 'trees' | 'dense' | 'recurrent' | 'tables';
  title: string;
  trained_from: string;
  trained_until: string;
  expires_on: string;
  bundle_bytes: number;
  signed_by_development_key: boolean;
  imported_by: string;
  imported_ms: number;
  active_at: string[];
  shadow_at: string[];
}

export interface Model {
  model: string;
  champion: number | null;
  challenger: number | null;
  proposals_open: number;
  versions: Version[];
}

export interface VersionDetail {
  model: string;
  version: number;
  manifest: { scores: { slice: string; metric: string; model: number; baseline: number; baseline_name: string }[] };
  card: { title: string; purpose: string; made_with: string; data: string; limits: string[]; sections: { heading: string; text: string }[] };
}

export interface Errors {
  pairs: number;
  model_milli: number;
  baseline_milli: number;
  covered: number | null;
}

export interface DayFacts {
  site: string;
  day: number;
  state: string;
  active: number | null;
  shadow: number | null;
  by_model: number;
  by_baseline: number;
  active_errors: Errors | null;
  shadow_errors: Errors | null;
  rollbacks: number;
  note: string | null;
  drift: { column: string; seen: number; psi_milli: number; verdict: 'too_few' | 'same' | 'drifted' }[];
}

export interface DepotFacts extends DayFacts {
  node: string;
  reported_ms: number;
}

export const STEPS = ['shadow', 'activate', 'resume', 'pause', 'rollback'] as const;
export type Step = (typeof STEPS)[number];

export interface Proposal {
  proposal: string;
  model: string;
  version: number;
  step: Step;
  ring: string;
  note: string;
  status: 'open' | 'approved' | 'rejected' | 'ordered';
  proposed_by: string;
  proposed_ms: number;
  decided_by: string | null;
  decided_ms: number | null;
  decision_note: string | null;
}

export interface Ring {
  ring: string;
  sites: string[];
}

/** What the newest version is called; its code when its card says nothing. */
export function titleOf(model: Model): string {
  return model.versions[0]?.title || model.model;
}

/** The version on trial: ordered to be tried, and not yet in use where it was. */
export function onTrial(model: Model): number | null {
  const challenger = model.versions.find((one) => one.version === model.challenger);
  if (!challenger) {
    return null;
  }
  const over = challenger.shadow_at.length === 0 && challenger.active_at.length > 0;
  return over ? null : challenger.version;
}

/** The version that a step is usually about: the newest to be tried, the tried one to be used, the one in use
    to be paused, the one before it to be gone back to. */
export function likelyVersion(model: Model, step: Step): number | null {
  const versions = model.versions.map((one) => one.version);
  const newest = versions[0] ?? null;
  // What depots say they do counts before what they were told.
  const used = model.versions.find((one) => one.active_at.length > 0)?.version ?? model.champion;
  const tried = model.versions.find((one) => one.shadow_at.length > 0)?.version ?? model.challenger;
  switch (step) {
    case 'shadow':
      return newest;
    case 'activate':
      return tried ?? newest;
    case 'resume':
    case 'pause':
      return used ?? newest;
    case 'rollback':
      return versions.find((one) => one < (used ?? newest ?? 0)) ?? used ?? newest;
  }
}

/** Above one, the formula would have done better; null before anything was compared. */
export function errorRatio(errors: Errors | null): number | null {
  return errors && errors.pairs > 0 && errors.baseline_milli > 0 ? errors.model_milli / errors.baseline_milli : null;
}

/** The worst drift of a day, as a population stability index; null when nothing had enough samples. */
export function worstDrift(day: DayFacts): number | null {
  const judged = day.drift.filter((one) => one.verdict !== 'too_few');
  return judged.length === 0 ? null : Math.max(...judged.map((one) => one.psi_milli)) / 1000;
}

export interface PlotLine {
  site: string;
  points: { day: number; value: number }[];
}

/** One line a site; days without a value leave a gap in its points. */
export function plotLines(days: readonly DayFacts[], value: (day: DayFacts) => number | null): PlotLine[] {
  const lines = new Map<string, PlotLine>();
  for (const day of days) {
    const found = value(day);
    if (found === null || !Number.isFinite(found)) continue;
    const line = lines.get(day.site) ?? { site: day.site, points: [] };
    line.points.push({ day: day.day, value: found });
    lines.set(day.site, line);
  }
  return [...lines.values()].sort((a, b) => a.site.localeCompare(b.site));
}
