import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundsOf, lineColour, lineFeatures, pinFeatures } from '../src/map/drawing.ts';

const pin = { id: 'a', mark: '1', title: 'Stop 1', look: 'open', lat: -1.28, lon: 36.82 } as const;
const line = { id: 'r', line: 0, points: [{ lat: -1.3, lon: 36.8 }, { lat: -1.2, lon: 36.9 }], estimated: true };

test('the frame holds every pin and every line', () => {
  assert.equal(boundsOf([], []), undefined);
  assert.deepEqual(boundsOf([pin], [line]), { south: -1.3, west: 36.8, north: -1.2, east: 36.9 });
});

test('GeoJSON puts the longitude first', () => {
  assert.deepEqual(pinFeatures([pin], false).features[0]?.geometry, { type: 'Point', coordinates: [36.82, -1.28] });
  assert.deepEqual(lineFeatures([line], false).features[0]?.geometry, { type: 'LineString', coordinates: [[36.8, -1.3], [36.9, -1.2]] });
});

test('a line of one point is not drawn', () => {
  assert.equal(lineFeatures([{ ...line, points: line.points.slice(1) }], false).features.length, 0);
});

test('colours repeat rather than run out', () => {
  assert.equal(lineColour(0, false), lineColour(6, false));
  assert.notEqual(lineColour(0, false), lineColour(0, true));
});
