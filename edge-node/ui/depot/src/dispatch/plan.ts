// Plain steps over a plan: where a stop lands, what stands on the map, how bars lie on a line of time.

import type { Line, Pin, Point } from '../../../shared/src/map/drawing.ts';
import type { ManifestDetail, Place, Plan, Route, Stop, Vehicle, Way } from './api.ts';

export function pointOf(place: Place): Point {
  return { lat: place.lat_e7 / 1e7, lon: place.lon_e7 / 1e7 };
}

export function placeOf(point: Point): Place {
  return { lat_e7: Math.round(point.lat * 1e7), lon_e7: Math.round(point.lon * 1e7) };
}

/** "-1.2921, 36.8219" as maps and phones write it; null for anything that is no place. */
export function parsePlace(text: string): Place | null {
  const parts = text.trim().split(/[\s,;]+/);
  if (parts.length !== 2 || !parts.every((part) => /^[-+]?\d{1,3}(\.\d+)?$/.test(part))) return null;
  const [lat = 0, lon = 0] = parts.map(Number);
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180 || (lat === 0 && lon === 0)) return null;
  return placeOf({ lat, lon });
}

export function showPlace(place: Place): string {
  return `${(place.lat_e7 / 1e7).toFixed(5)}, ${(place.lon_e7 / 1e7).toFixed(5)}`;
}

/**
 * The position that the box wants: among the stops of the target that are not frozen, without the
 * moved one. `before` is the stop it is dropped on; null for the end of the route.
 */
export function positionIn(route: Route, moved: string, before: string | null): number {
  const free = route.stops.filter((stop) => !stop.frozen && stop.order !== moved);
  const at = free.findIndex((stop) => stop.order === before);
  return at < 0 ? free.length : at;
}

/** The stops a moved one may be put before, in order. */
export function freeStops(route: Route, moved: string): Stop[] {
  return route.stops.filter((stop) => !stop.frozen && stop.order !== moved);
}

/** A tour that a stop may be moved to: one of the plan's, or the first of a vehicle that has none yet. */
export interface Choice {
  key: string;
  vehicle: string;
  trip: number;
  rider_name: string;
  vehicle_name: string;
  /** None while the vehicle has nothing to do. */
  route: Route | null;
}

export function choicesOf(plan: Plan, vehicles: readonly Vehicle[]): Choice[] {
  const planned = plan.routes.map((route) => ({
    key: routeKey(route),
    vehicle: route.vehicle,
    trip: route.trip,
    rider_name: route.rider_name,
    vehicle_name: route.vehicle_name,
    route,
  }));
  const idle = vehicles.filter((one) => one.rider !== null && !plan.routes.some((route) => route.vehicle === one.vehicle));
  return [...planned, ...idle.map((one) => ({ key: `${one.vehicle}/1`, vehicle: one.vehicle, trip: 1, rider_name: one.rider_name ?? '', vehicle_name: one.name, route: null }))];
}

/** Trips of one vehicle as one choice: the route to move to is named by vehicle and trip. */
export function routeKey(route: Route): string {
  return `${route.vehicle}/${route.trip}`;
}

export function pinsOf(plan: Plan, depot: Place | null): Pin[] {
  const pins: Pin[] = plan.routes.flatMap((route, line) =>
    route.stops.map((stop, at) => ({
      ...pointOf(stop.place),
      id: stop.order,
      mark: String(at + 1),
      title: stop.number,
      look: stop.late_s > 0 ? ('trouble' as const) : ('open' as const),
      line,
    })),
  );
  for (const one of plan.unassigned) {
    if (one.place) pins.push({ ...pointOf(one.place), id: one.order, mark: '!', title: one.number, look: 'trouble' });
  }
  if (depot) pins.push({ ...pointOf(depot), id: 'depot', mark: '', title: '', look: 'depot' });
  return pins;
}

/** Straight hops: the course by road is drawn once a manifest is locked. */
/** The roads' course where it is known, straight hops where not. */
export function linesOf(plan: Plan, depot: Place | null, ways: Readonly<Record<string, Way>> = {}): Line[] {
  return plan.routes.map((route, line) => {
    const way = ways[route.manifest];
    if (way) return { id: route.manifest, line, points: way.line.map(([lon, lat]) => ({ lon, lat })), estimated: way.travel !== 'roads' };
    const stops = route.stops.map((stop) => pointOf(stop.place));
    const ends = depot ? [pointOf(depot)] : [];
    return { id: route.manifest, line, points: [...ends, ...stops, ...ends], estimated: true };
  });
}

export function pinsOfManifest(manifest: ManifestDetail): Pin[] {
  const looks = { pending: 'open', reached: 'open', delivered: 'done', failed: 'trouble' } as const;
  const pins: Pin[] = manifest.stops.flatMap((stop, at) =>
    stop.place
      ? [{ ...pointOf(stop.place), id: stop.order, mark: String(at + 1), title: stop.number, look: looks[stop.state.is], line: 0 }]
      : [],
  );
  if (manifest.depot) pins.push({ ...pointOf(manifest.depot), id: 'depot', mark: '', title: '', look: 'depot' });
  return pins;
}

export interface Bar {
  /** Shares of the whole width, 0 to 1. */
  from: number;
  width: number;
  kind: 'wait' | 'serve';
  stop: Stop;
}

export interface Axis {
  from_ms: number;
  until_ms: number;
  hours: { at: number; ms: number }[];
}

const HOUR_MS = 3_600_000;

/** From the first departure to the last return, in whole hours. */
export function axisOf(routes: readonly Route[]): Axis | null {
  if (routes.length === 0) return null;
  const from_ms = Math.floor(Math.min(...routes.map((route) => route.departs_ms)) / HOUR_MS) * HOUR_MS;
  const until_ms = Math.ceil(Math.max(...routes.map((route) => route.returns_ms)) / HOUR_MS) * HOUR_MS;
  const span = Math.max(HOUR_MS, until_ms - from_ms);
  const step = Math.max(1, Math.ceil(span / HOUR_MS / 12)) * HOUR_MS;
  const hours = [];
  for (let ms = from_ms; ms <= from_ms + span; ms += step) hours.push({ at: (ms - from_ms) / span, ms });
  return { from_ms, until_ms: from_ms + span, hours };
}

export function barsOf(route: Route, axis: Axis): Bar[] {
  const span = axis.until_ms - axis.from_ms;
  const share = (ms: number) => (ms - axis.from_ms) / span;
  return route.stops.flatMap((stop) => {
    const serve: Bar = { from: share(stop.begin_ms), width: (stop.leave_ms - stop.begin_ms) / span, kind: 'serve', stop };
    if (stop.begin_ms <= stop.arrive_ms) return [serve];
    return [{ from: share(stop.arrive_ms), width: (stop.begin_ms - stop.arrive_ms) / span, kind: 'wait' as const, stop }, serve];
  });
}
