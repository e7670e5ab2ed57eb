//! From shapes on the web map to tiles: which tiles a shape touches, cut to each and rounded to its steps.

use std::collections::BTreeMap;

use super::clip::{self, At};
use super::mvt::{EXTENT, Layer, Shape, doubled_area};
use crate::town::pbf::Message;

/// Steps drawn beyond the rim of a tile, so that wide lines meet.
const BUFFER: f64 = 96.0;
/// Points closer than this to the last one are left out, in steps; 16 steps are a pixel on most screens.
const STEPS_MIN: f64 = 6.0;
/// Rings of fewer square steps are left out.
const DOUBLED_AREA_MIN: i64 = 600;

/// Positions on the web map, 0..1 in both directions.
pub(crate) enum Geometry {
    Point(At),
    Line(Vec<At>),
    /// Rings, each open; one inside another is a hole.
    Rings(Vec<Vec<At>>),
}

pub(crate) struct Feature<'a> {
    pub(crate) layer: &'static str,
    pub(crate) attributes: &'a [(&'static str, &'a str)],
    pub(crate) geometry: &'a Geometry,
}

/// Tiles of one zoom as they fill.
pub(crate) struct Tiles {
    zoom: u8,
    tiles: BTreeMap<(u32, u32), BTreeMap<&'static str, Layer>>,
}

impl Tiles {
    pub(crate) fn at(zoom: u8) -> Tiles {
        Tiles { zoom, tiles: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, feature: &Feature<'_>) {
        let Some((low, high)) = self.touched(feature.geometry) else { return };
        for x in low[0]..=high[0] {
            for y in low[1]..=high[1] {
                let Some(shape) = self.shape(feature.geometry, x, y) else { continue };
                let layers = self.tiles.entry((x, y)).or_default();
                layers.entry(feature.layer).or_default().add(&shape, feature.attributes);
            }
        }
    }

    /// Column, row and bytes of each tile, not packed.
    pub(crate) fn finish(self) -> impl Iterator<Item = (u32, u32, Vec<u8>)> {
        self.tiles.into_iter().map(|((x, y), layers)| {
            let mut tile = Message::default();
            layers.iter().for_each(|(name, layer)| layer.encode(name, &mut tile));
            (x, y, tile.0)
        })
    }

    fn tiles_across(&self) -> f64 {
        f64::from(1_u32 << self.zoom)
    }

    /// The corners of the rectangle of tiles that the shape may reach.
    fn touched(&self, geometry: &Geometry) -> Option<([u32; 2], [u32; 2])> {
        let one;
        let points: &mut dyn Iterator<Item = &At> = match geometry {
            Geometry::Point(at) => {
                one = [*at];
                &mut one.iter()
            }
            Geometry::Line(line) => &mut line.iter(),
            Geometry::Rings(rings) => &mut rings.iter().flatten(),
        };
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for point in points {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let buffer = BUFFER / f64::from(EXTENT);
        let across = self.tiles_across();
        let number = |position: f64, buffer: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let number = (position * across + buffer).clamp(0.0, across - 1.0) as u32;
            number
        };
        (low[0] <= high[0]).then(|| {
            (
                low.map(|position| number(position, -buffer)),
                high.map(|position| number(position, buffer)),
            )
        })
    }

    /// What of the shape is in a tile.
    fn shape(&self, geometry: &Geometry, x: u32, y: u32) -> Option<Shape> {
        let across = self.tiles_across();
        let extent = f64::from(EXTENT);
        let local = |at: &At| {
            [(at[0] * across - f64::from(x)) * extent, (at[1] * across - f64::from(y)) * extent]
        };
        let (low, high) = (-BUFFER, extent + BUFFER);
        match geometry {
            Geometry::Point(at) => {
                let at = local(at);
                let inside = at.iter().all(|number| (0.0..extent).contains(number));
                inside.then(|| Shape::Point(rounded(at)))
            }
            Geometry::Line(line) => {
                let line: Vec<At> = line.iter().map(local).collect();
                let parts = clip::line(&line, low, high);
                let lines: Vec<_> =
                    parts.iter().map(|part| thinned(part)).filter(|line| line.len() > 1).collect();
                (!lines.is_empty()).then_some(Shape::Lines(lines))
            }
            Geometry::Rings(rings) => {
                let rings = rings
                    .iter()
                    .map(|ring| {
                        let ring: Vec<At> = ring.iter().map(local).collect();
                        thinned(&clip::ring(&ring, low, high))
                    })
                    .filter(|ring| ring.len() > 2 && doubled_area(ring).abs() >= DOUBLED_AREA_MIN)
                    .collect();
                let polygons = nested(rings);
                (!polygons.is_empty()).then_some(Shape::Polygons(polygons))
            }
        }
    }
}

fn rounded(at: At) -> [i32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "cut to the tile before")]
    let rounded = at.map(|number| number.round() as i32);
    rounded
}

/// Without the points that nobody would see; ends stay.
fn thinned(points: &[At]) -> Vec<[i32; 2]> {
    let mut kept: Vec<[i32; 2]> = Vec::with_capacity(points.len());
    let mut last: Option<At> = None;
    for (number, point) in points.iter().enumerate() {
        let near = |last: At| (point[0] - last[0]).hypot(point[1] - last[1]) < STEPS_MIN;
        let is_end = number + 1 == points.len();
        if last.is_some_and(near) && !is_end {
            continue;
        }
        last = Some(*point);
        let point = rounded(*point);
        if kept.last() != Some(&point) {
            kept.push(point);
        }
    }
    if kept.len() > 3 && kept.first() == kept.last() {
        kept.pop();
    }
    kept
}

/// Outer rings with their holes: a ring inside an odd number of others is a hole of the smallest of them.
fn nested(mut rings: Vec<Vec<[i32; 2]>>) -> Vec<Vec<Vec<[i32; 2]>>> {
    rings.sort_by_key(|ring| std::cmp::Reverse(doubled_area(ring).abs()));
    let mut polygons: Vec<Vec<Vec<[i32; 2]>>> = Vec::new();
    let mut outer_of: Vec<Option<usize>> = Vec::new();
    for number in 0..rings.len() {
        let around: Vec<usize> =
            (0..number).filter(|other| contains(&rings[*other], rings[number][0])).collect();
        let hole_of = around.iter().rev().find_map(|other| outer_of[*other]);
        match hole_of.filter(|_| around.len() % 2 == 1) {
            Some(polygon) => {
                polygons[polygon].push(rings[number].clone());
                outer_of.push(None);
            }
            None => {
                outer_of.push(Some(polygons.len()));
                polygons.push(vec![rings[number].clone()]);
            }
        }
    }
    polygons
}

/// Even-odd rule.
fn contains(ring: &[[i32; 2]], at: [i32; 2]) -> bool {
    let [x, y] = at.map(f64::from);
    let mut inside = false;
    for (index, to) in ring.iter().enumerate() {
        let from = ring[(index + ring.len() - 1) % ring.len()];
        let ([x1, y1], [x2, y2]) = (from.map(f64::from), to.map(f64::from));
        if (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: i32, high: i32) -> Vec<[i32; 2]> {
        vec![[low, low], [high, low], [high, high], [low, high]]
    }

    #[test]
    fn a_lake_with_an_island_with_a_pond() {
        let polygons =
            nested(vec![square(40, 60), square(0, 100), square(20, 80), square(200, 300)]);
        assert_eq!(
            polygons,
            vec![
                vec![square(0, 100), square(20, 80)],
                vec![square(200, 300)],
                vec![square(40, 60)],
            ]
        );
    }

    #[test]
    fn a_line_over_two_tiles_is_in_both() {
        let mut tiles = Tiles::at(1);
        let geometry = Geometry::Line(vec![[0.3, 0.2], [0.7, 0.2]]);
        tiles.add(&Feature {
            layer: "road",
            attributes: &[("class", "trunk")],
            geometry: &geometry,
        });
        let tiles: Vec<_> = tiles.finish().collect();
        assert_eq!(tiles.iter().map(|tile| (tile.0, tile.1)).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
        assert!(tiles[0].2.windows(5).any(|bytes| bytes == b"trunk"));
    }
}
