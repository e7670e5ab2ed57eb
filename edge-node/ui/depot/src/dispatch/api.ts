// What the planner and the manifests say, as types. Advice and facts both come from the box.

import type { By } from '../advice.ts';
import type { Travelled } from '../api.ts';

export type VehicleKind = 'okada' | 'tuktuk' | 'van';
export const VEHICLE_KINDS: readonly VehicleKind[] = ['okada', 'tuktuk', 'van'];
export type Travel = 'roads' | 'estimate' | 'given';

export interface Place {
  lat_e7: number;
  lon_e7: number;
}

export interface Window {
  from_ms: number;
  until_ms: number;
}

export interface Vehicle {
  vehicle: string;
  name: string;
  kind: VehicleKind;
  capacity: { weight_g: number; volume_ml: number; parcels: number };
  cost_fixed_minor: number;
  cost_per_km_minor: number;
  cost_per_hour_minor: number;
  rider: string | null;
  rider_name: string | null;
  shift: Window | null;
  travelled: Travelled;
}

export interface Standing {
  depot: Place | null;
  roads_installed: boolean;
  orders_packed: number;
  orders_to_plan: number;
  orders_unplaced: number;
  orders_unmeasured: number;
  vehicles_ready: number;
  vehicles_idle: number;
  manifests_locked: number;
  manifests_on_the_road: number;
  plan: { plan: string; revision: number; status: string } | null;
  running: boolean;
  /** Why the last run made no plan. */
  failed: string | null;
  ready: boolean;
  missing: { what: 'depot_place' | 'vehicle' | 'orders'; remedy: string }[];
}

export interface Progress {
  plan: string | null;
  status: 'running' | 'done' | 'failed' | 'none';
  share: number;
  cost_minor: number | null;
  assigned: number;
  unassigned: number;
  elapsed_ms: number;
}

export interface Load {
  weight_g: number;
  volume_ml: number;
  parcels: number;
}

export interface Stop {
  order: string;
  number: string;
  place: Place;
  windows: Window[];
  arrive_ms: number;
  begin_ms: number;
  leave_ms: number;
  wait_s: number;
  late_s: number;
  frozen: boolean;
  load: Load;
  cash_due_minor: number;
  customer_name: string | null;
  address: string | null;
}

export interface Route {
  manifest: string;
  standing: 'new' | 'changed' | 'same' | 'on_the_road';
  vehicle: string;
  vehicle_name: string;
  kind: VehicleKind;
  rider: string;
  rider_name: string;
  trip: number;
  departs_ms: number;
  returns_ms: number;
  metres: number;
  seconds: number;
  load: Load;
  load_share: { weight: number; volume: number; parcels: number; cash: number };
  cash_due_minor: number;
  cost_minor: number;
  stops: Stop[];
}

export interface Violation {
  code: string;
  hard: boolean;
  vehicle_name: string | null;
  number: string | null;
  detail: string;
}

export interface Unassigned {
  order: string;
  number: string;
  place: Place | null;
  binding: string;
  detail: string;
  relaxation: string | null;
  vehicle: string | null;
}

export interface Difference {
  order: string;
  number: string;
  from: string | null;
  to: string | null;
  minutes: number | null;
}

export interface Plan {
  plan: string;
  revision: number;
  status: 'optimised' | 'draft';
  made_ms: number;
  travel: Travel;
  cost_minor: number;
  routes: Route[];
  unassigned: Unassigned[];
  violations: Violation[];
  difference: Difference[];
}

export interface Trial {
  allowed: boolean;
  cost_minor: number;
  cost_minor_before: number;
  difference_minor: number;
  metres_difference: number;
  seconds_difference: number;
  breaks: Violation[];
  mends: Violation[];
  routes: Route[];
}

export type ManifestStatus = 'locked' | 'handed_out' | 'in_progress' | 'completed' | 'cancelled';

export interface Manifest {
  manifest: string;
  vehicle: string;
  vehicle_name: string;
  rider: string;
  rider_name: string;
  status: ManifestStatus;
  departs_ms: number;
  returns_ms: number;
  metres: number;
  travel: Travel;
  stops_count: number;
  stops_left: number;
  cash_due_minor: number;
  delay_s: number;
  travelled: Travelled;
}

export interface ManifestStop {
  order: string;
  number: string;
  place: Place | null;
  arrive_ms: number;
  leave_ms: number;
  expected_ms: number;
  arrival: { expected_ms: number; late_ms: number } | null;
  cash_due_minor: number;
  task: string | null;
  state: { is: 'pending' | 'reached' | 'delivered' | 'failed'; at_ms?: number; reason?: string };
  customer_name: string | null;
  customer_phone: string | null;
  address: string | null;
}

export interface ManifestDetail extends Manifest {
  depot: Place | null;
  accepted: string[];
  arrivals_by: By | null;
  stops: ManifestStop[];
}

export interface Way {
  travel: Travel;
  line: [lon: number, lat: number][];
  turns: { kind: string; exit: number | null; street: string | null; metres: number; seconds: number }[];
}

export interface UnplacedOrder {
  order: string;
  number: string;
  customer: string | null;
  customer_name: string | null;
  address: string | null;
  detail: string;
}
