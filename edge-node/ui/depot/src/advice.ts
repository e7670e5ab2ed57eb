// What the box advises, as types. A person decides what becomes of it.

import type { Travelled } from './api.ts';

export type By = { kind: 'model'; id: string; version: number } | { kind: 'baseline'; name: string; reason: string };

export interface Proposal {
  article: string;
  name: string;
  status: 'proposed' | 'answered' | 'enough';
  available: number;
  on_order: number;
  quantity: number;
  expected: number;
  low: number;
  high: number;
  cover_days: number;
  days_left: number | null;
  reason: 'out_of_stock' | 'runs_out_before_arrival' | 'below_service_level' | 'enough';
  pack: { name: string; units: number } | null;
  answered: { answer: 'accept' | 'change' | 'ignore' | 'withdraw'; proposed: number; bought: number; at_ms: number } | null;
  by: By;
  travelled: Travelled;
}

interface Placed {
  version: number;
  since_ms: number;
}

export interface ModelStanding {
  model: string;
  by: 'model' | 'baseline';
  state: 'none' | 'downloading' | 'downloaded' | 'verified' | 'shadow' | 'active' | 'paused' | 'expired' | 'refused' | 'rolled_back';
  since_ms: number | null;
  note: string;
  active: Placed | null;
  shadow: Placed | null;
  rollbacks: number;
  travelled: Travelled;
}

interface Offered {
  article: string;
  name: string;
  price_minor: number;
  available: number;
}

export interface Shelves {
  again: (Offered & { times: number; since_days: number; rhythm_days: number | null })[];
  discover: (Offered & { because_of: string | null; because_of_name: string | null })[];
  by: By;
}
