// How the town looks under stops and routes: quiet, so that these stand out. Names of layers and
// classes are those that `roads build` writes into the map file.
import type { FeatureCollection } from 'geojson';
import type { StyleSpecification } from 'maplibre-gl';

export const TOWN = 'town';
export const LINES = 'lines';
export const PINS = 'pins';
export const PINS_LAYER = 'pins-round';

interface Paint {
  ground: string;
  green: string;
  built: string;
  water: string;
  road: string;
  edge: string;
  words: string;
  halo: string;
  ink: string;
}

const LIGHT: Paint = {
  ground: '#f4f3ee',
  green: '#dcebd3',
  built: '#e8e4da',
  water: '#b9d7ea',
  road: '#ffffff',
  edge: '#c9c3b4',
  words: '#3b4540',
  halo: '#ffffff',
  ink: '#17211d',
};

const DARK: Paint = {
  ground: '#161c19',
  green: '#1c2a21',
  built: '#20262a',
  water: '#17313f',
  road: '#3a4540',
  edge: '#0d1210',
  words: '#c3cec8',
  halo: '#101513',
  ink: '#e9efec',
};

// No glyph files are shipped: the device draws names with its own fonts, in any script.
const FONT = ['system-ui'];
const NOTHING: FeatureCollection = { type: 'FeatureCollection', features: [] };

/** @param townUrl address of the map file, or nothing: then stops stand on an empty ground. */
export function styleOf(townUrl: string | undefined, dark: boolean): StyleSpecification {
  const paint = dark ? DARK : LIGHT;
  return {
    version: 8,
    sources: {
      ...(townUrl ? { [TOWN]: { type: 'vector', url: `pmtiles://${townUrl}`, attribution: '© OpenStreetMap contributors' } } : {}),
      [LINES]: { type: 'geojson', data: NOTHING },
      [PINS]: { type: 'geojson', data: NOTHING },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': paint.ground } },
      ...(townUrl ? townLayers(paint) : []),
      ...stopLayers(paint),
    ],
  };
}

function townLayers(paint: Paint): StyleSpecification['layers'] {
  const width = (minor: number, major: number): ['interpolate', ['linear'], ['zoom'], ...unknown[]] => [
    'interpolate', ['linear'], ['zoom'],
    11, ['match', ['get', 'class'], ['motorway', 'trunk', 'primary'], major / 4, minor / 8],
    16, ['match', ['get', 'class'], ['motorway', 'trunk', 'primary'], major, ['secondary', 'tertiary'], major * 0.75, minor],
  ];
  return [
    { id: 'land-built', type: 'fill', source: TOWN, 'source-layer': 'land', filter: ['!=', ['get', 'class'], 'green'], paint: { 'fill-color': paint.built } },
    { id: 'land-green', type: 'fill', source: TOWN, 'source-layer': 'land', filter: ['==', ['get', 'class'], 'green'], paint: { 'fill-color': paint.green } },
    { id: 'water', type: 'fill', source: TOWN, 'source-layer': 'water', paint: { 'fill-color': paint.water } },
    { id: 'waterways', type: 'line', source: TOWN, 'source-layer': 'waterways', paint: { 'line-color': paint.water, 'line-width': 2 } },
    { id: 'buildings', type: 'fill', source: TOWN, 'source-layer': 'buildings', minzoom: 14, paint: { 'fill-color': paint.edge, 'fill-opacity': 0.5 } },
    { id: 'roads-edge', type: 'line', source: TOWN, 'source-layer': 'roads', layout: { 'line-cap': 'round' }, paint: { 'line-color': paint.edge, 'line-width': width(7, 14) as never } },
    { id: 'roads', type: 'line', source: TOWN, 'source-layer': 'roads', layout: { 'line-cap': 'round' }, paint: { 'line-color': paint.road, 'line-width': width(5, 11) as never } },
    {
      id: 'road-names', type: 'symbol', source: TOWN, 'source-layer': 'roads', minzoom: 14,
      layout: { 'symbol-placement': 'line', 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 12 },
      paint: { 'text-color': paint.words, 'text-halo-color': paint.halo, 'text-halo-width': 1.5 },
    },
    {
      id: 'place-names', type: 'symbol', source: TOWN, 'source-layer': 'places',
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 14, 'text-variable-anchor': ['center', 'top', 'bottom'] },
      paint: { 'text-color': paint.words, 'text-halo-color': paint.halo, 'text-halo-width': 2 },
    },
  ];
}

function stopLayers(paint: Paint): StyleSpecification['layers'] {
  return [
    { id: 'lines-edge', type: 'line', source: LINES, layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': paint.halo, 'line-width': 7, 'line-opacity': 0.8 } },
    { id: 'lines-road', type: 'line', source: LINES, filter: ['!', ['get', 'estimated']], layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': ['get', 'colour'], 'line-width': 4 } },
    { id: 'lines-guess', type: 'line', source: LINES, filter: ['get', 'estimated'], paint: { 'line-color': ['get', 'colour'], 'line-width': 3, 'line-dasharray': [2, 2] } },
    {
      id: PINS_LAYER, type: 'circle', source: PINS,
      paint: {
        'circle-radius': ['match', ['get', 'look'], 'depot', 13, 11],
        'circle-color': ['match', ['get', 'look'], 'done', '#3f8f5f', 'trouble', '#a01318', ['get', 'colour']],
        'circle-stroke-color': paint.halo,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'pins-mark', type: 'symbol', source: PINS,
      layout: { 'text-field': ['get', 'mark'], 'text-font': FONT, 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': ['match', ['get', 'look'], ['done', 'trouble'], '#ffffff', paint.halo] },
    },
  ];
}
