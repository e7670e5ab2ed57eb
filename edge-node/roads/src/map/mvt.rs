//! Mapbox Vector Tile 2.1: <https://github.com/mapbox/vector-tile-spec/tree/master/2.1>. Writes layers of lines, rings and
//! points with text attributes, and nothing else of the format.

use std::collections::HashMap;

use crate::town::pbf::{Message, zigzag};

/// Steps along a side of a tile.
pub(super) const EXTENT: i32 = 4_096;

/// Geometry in whole steps of the tile. Rings are open here; the format closes them.
pub(super) enum Shape {
    Point([i32; 2]),
    Lines(Vec<Vec<[i32; 2]>>),
    /// Outer rings with their holes.
    Polygons(Vec<Vec<Vec<[i32; 2]>>>),
}

/// Attributes are strings; a key without a value is left out.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

#[derive(Default)]
pub(super) struct Layer {
    features: Vec<Vec<u8>>,
    keys: Vec<&'static str>,
    values: HashMap<String, u64>,
    values_in_order: Vec<String>,
}

impl Layer {
    pub(super) fn add(&mut self, shape: &Shape, attributes: Attributes<'_>) {
        let mut tags = Vec::new();
        for (key, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            tags.push(self.key(key));
            tags.push(self.value(value));
        }
        let (kind, geometry) = match shape {
            Shape::Point(at) => (1, points(*at)),
            Shape::Lines(lines) => (2, paths(lines.iter().map(|line| (line.clone(), false)))),
            Shape::Polygons(polygons) => {
                let rings = polygons.iter().flat_map(|rings| rings.iter().enumerate());
                (3, paths(rings.map(|(number, ring)| (wound(ring, number == 0), true))))
            }
        };
        if geometry.is_empty() {
            return;
        }
        let mut feature = Message::default();
        feature.packed(2, tags);
        feature.number(3, kind);
        feature.packed(4, geometry);
        self.features.push(feature.0);
    }

    fn key(&mut self, key: &'static str) -> u64 {
        let known = self.keys.iter().position(|known| *known == key);
        known.unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        }) as u64
    }

    fn value(&mut self, value: &str) -> u64 {
        if let Some(number) = self.values.get(value) {
            return *number;
        }
        let number = self.values_in_order.len() as u64;
        self.values.insert(value.to_owned(), number);
        self.values_in_order.push(value.to_owned());
        number
    }

    /// Appends the layer to a tile, unless nothing is in it.
    pub(super) fn encode(&self, name: &str, tile: &mut Message) {
        if self.features.is_empty() {
            return;
        }
        let mut layer = Message::default();
        layer.number(15, 2);
        layer.bytes(1, name.as_bytes());
        self.features.iter().for_each(|feature| layer.bytes(2, feature));
        self.keys.iter().for_each(|key| layer.bytes(3, key.as_bytes()));
        for text in &self.values_in_order {
            let mut value = Message::default();
            value.bytes(1, text.as_bytes());
            layer.bytes(4, &value.0);
        }
        layer.number(5, EXTENT.unsigned_abs().into());
        tile.bytes(3, &layer.0);
    }
}

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

fn command(id: u64, count: usize) -> u64 {
    (count as u64) << 3 | id
}

fn points(at: [i32; 2]) -> Vec<u64> {
    vec![command(MOVE_TO, 1), zigzag(at[0].into()), zigzag(at[1].into())]
}

fn paths(paths: impl Iterator<Item = (Vec<[i32; 2]>, bool)>) -> Vec<u64> {
    let mut geometry = Vec::new();
    let mut cursor = [0; 2];
    for (path, closed) in paths {
        let Some((first, rest)) = path.split_first() else { continue };
        let mut go = |to: [i32; 2], geometry: &mut Vec<u64>| {
            geometry
                .extend([0, 1].map(|axis| zigzag(i64::from(to[axis]) - i64::from(cursor[axis]))));
            cursor = to;
        };
        geometry.push(command(MOVE_TO, 1));
        go(*first, &mut geometry);
        geometry.push(command(LINE_TO, rest.len()));
        rest.iter().for_each(|to| go(*to, &mut geometry));
        if closed {
            geometry.push(command(CLOSE_PATH, 1));
        }
    }
    geometry
}

/// An outer ring has a positive area by the surveyor's formula with y downward, a hole a negative one.
fn wound(ring: &[[i32; 2]], outer: bool) -> Vec<[i32; 2]> {
    let mut ring = ring.to_vec();
    if (doubled_area(&ring) > 0) != outer {
        ring.reverse();
    }
    ring
}

pub(super) fn doubled_area(ring: &[[i32; 2]]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_is_that_of_the_specification() {
        // The examples of section 4.3.5 of the specification.
        assert_eq!(points([25, 17]), [9, 50, 34]);
        let line = vec![[2, 2], [2, 10], [10, 10]];
        assert_eq!(paths([(line, false)].into_iter()), [9, 4, 4, 18, 0, 16, 16, 0]);
        let ring = vec![[3, 6], [8, 12], [20, 34]];
        assert_eq!(paths([(ring, true)].into_iter()), [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    #[test]
    fn rings_are_wound_as_outer_or_hole() {
        let clockwise = [[0, 0], [10, 0], [10, 10], [0, 10]];
        assert_eq!(doubled_area(&clockwise), 200);
        assert_eq!(wound(&clockwise, true), clockwise);
        assert_eq!(doubled_area(&wound(&clockwise, false)), -200);
    }
}
