// What a map of a depot's town shows: plain values, so that lists and tests need no map.
import type { FeatureCollection } from 'geojson';

/** Degrees, WGS 84. */
export interface Point {
  lat: number;
  lon: number;
}

export interface Pin extends Point {
  id: string;
  /** One or two characters: the number of the stop. */
  mark: string;
  /** For a person who points at it. */
  title: string;
  look: 'depot' | 'open' | 'done' | 'trouble';
  /** Which line it belongs to; its colour. */
  line?: number;
}

export interface Line {
  id: string;
  /** Counts from 0: picks the colour. */
  line: number;
  /** A road's course, or straight hops where no road graph is installed. */
  points: Point[];
  estimated: boolean;
}

export interface Bounds {
  south: number;
  west: number;
  north: number;
  east: number;
}

/** The least box around everything; nothing for no points at all. */
export function boundsOf(pins: readonly Point[], lines: readonly Line[]): Bounds | undefined {
  const all = [...pins, ...lines.flatMap((line) => line.points)];
  const first = all[0];
  if (!first) return undefined;
  const bounds = { south: first.lat, north: first.lat, west: first.lon, east: first.lon };
  for (const { lat, lon } of all) {
    bounds.south = Math.min(bounds.south, lat);
    bounds.north = Math.max(bounds.north, lat);
    bounds.west = Math.min(bounds.west, lon);
    bounds.east = Math.max(bounds.east, lon);
  }
  return bounds;
}

/** Colours of lines that stay apart for colour-blind eyes (Okabe & Ito 2008), light and dark ground. */
const LINE_COLOURS = {
  light: ['#0072b2', '#b34700', '#007a5a', '#9c2f7d', '#7a5c00', '#3d5a80'],
  dark: ['#56b4e9', '#ff9d5c', '#3fd0a4', '#e59ccb', '#f0e442', '#b7c9e2'],
} as const;

export function lineColour(line: number, dark: boolean): string {
  const colours = dark ? LINE_COLOURS.dark : LINE_COLOURS.light;
  return colours[line % colours.length] ?? colours[0];
}

/** GeoJSON (RFC 7946) of the lines, coloured. */
export function lineFeatures(lines: readonly Line[], dark: boolean): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: lines
      .filter((line) => line.points.length > 1)
      .map((line) => ({
        type: 'Feature',
        geometry: { type: 'LineString', coordinates: line.points.map(({ lon, lat }) => [lon, lat]) },
        properties: { id: line.id, colour: lineColour(line.line, dark), estimated: line.estimated },
      })),
  };
}

/** GeoJSON (RFC 7946) of the pins, coloured. */
export function pinFeatures(pins: readonly Pin[], dark: boolean): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: pins.map((pin) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [pin.lon, pin.lat] },
      properties: {
        id: pin.id,
        mark: pin.mark,
        title: pin.title,
        look: pin.look,
        colour: pin.line === undefined ? (dark ? '#e9efec' : '#17211d') : lineColour(pin.line, dark),
      },
    })),
  };
}
