//! What of an extract the map shows, and from which zoom on.

use std::io;
use std::path::Path;

use crate::class::Class;
use crate::map::{Extent, Feature, Geometry, Tiles, ZOOM_MAX, ZOOM_MIN, mercator, write};

use super::extract::Extract;
use super::scenery::Kind;

/// Layers and their attributes, as TileJSON wants them, and whose data it is.
const METADATA: &str = r#"{"name":"OmniRoute offline map","type":"baselayer","version":"1","attribution":"<a href=\"https://www.openstreetmap.org/copyright\">© OpenStreetMap contributors</a>","vector_layers":[{"id":"water","fields":{}},{"id":"land","fields":{"class":"String"}},{"id":"buildings","fields":{}},{"id":"waterways","fields":{"class":"String"}},{"id":"railways","fields":{}},{"id":"roads","fields":{"class":"String","name":"String","bridge":"String"}},{"id":"places","fields":{"class":"String","name":"String"}}]}"#;

/// Writes the map file; returns its bytes and its tiles.
pub(super) fn draw(extract: &Extract, path: &Path) -> io::Result<(u64, usize)> {
    let drawn = Drawn::of(extract);
    let mut tiles = Vec::new();
    for zoom in ZOOM_MIN..=ZOOM_MAX {
        let mut filling = Tiles::at(zoom);
        drawn.add_areas(extract, zoom, &mut filling);
        drawn.add_lines(extract, zoom, &mut filling);
        drawn.add_labels(extract, zoom, &mut filling);
        tiles.extend(filling.finish().map(|(x, y, bytes)| (zoom, x, y, bytes)));
    }
    let count = tiles.len();
    Ok((write(path, drawn.extent, METADATA, tiles)?, count))
}

/// Geometry on the web map, projected once for all zooms; in the order of the extract.
struct Drawn {
    roads: Vec<Geometry>,
    lines: Vec<Geometry>,
    areas: Vec<Geometry>,
    extent: Extent,
}

impl Drawn {
    fn of(extract: &Extract) -> Drawn {
        let mut extent = Extent { south_west: [i32::MAX; 2], north_east: [i32::MIN; 2] };
        let mut project = |refs: &[i64]| -> Vec<[f64; 2]> {
            refs.iter()
                .filter_map(|node| extract.place(*node))
                .map(|place| {
                    for (axis, degrees) in place.iter().enumerate() {
                        extent.south_west[axis] = extent.south_west[axis].min(*degrees);
                        extent.north_east[axis] = extent.north_east[axis].max(*degrees);
                    }
                    mercator(place)
                })
                .collect()
        };
        let roads =
            extract.ways.iter().map(|way| Geometry::Line(project(extract.refs(way)))).collect();
        let lines = extract.lines.iter().map(|line| Geometry::Line(project(&line.refs))).collect();
        let areas = extract
            .areas
            .iter()
            .map(|area| {
                Geometry::Rings(area.rings.iter().map(|ring| project(&ring[1..])).collect())
            })
            .collect();
        Drawn { roads, lines, areas, extent }
    }

    fn add_areas(&self, extract: &Extract, zoom: u8, tiles: &mut Tiles) {
        for (area, geometry) in extract.areas.iter().zip(&self.areas) {
            let (layer, from) = match area.kind {
                Kind::Water => ("water", 10),
                Kind::Green => ("land", 11),
                Kind::Built => ("land", 11),
                Kind::Building => ("buildings", 14),
                Kind::River | Kind::Stream | Kind::Railway => continue,
            };
            let class = [("class", area.kind.name())];
            let attributes: &[(&str, &str)] = if layer == "land" { &class } else { &[] };
            if zoom >= from {
                tiles.add(&Feature { layer, attributes, geometry });
            }
        }
    }

    fn add_lines(&self, extract: &Extract, zoom: u8, tiles: &mut Tiles) {
        for (line, geometry) in extract.lines.iter().zip(&self.lines) {
            let (layer, from) = match line.kind {
                Kind::River => ("waterways", 10),
                Kind::Stream => ("waterways", 13),
                Kind::Railway => ("railways", 12),
                Kind::Water | Kind::Green | Kind::Built | Kind::Building => continue,
            };
            let class = [("class", line.kind.name())];
            let attributes: &[(&str, &str)] = if layer == "waterways" { &class } else { &[] };
            if zoom >= from {
                tiles.add(&Feature { layer, attributes, geometry });
            }
        }
        for (way, geometry) in extract.ways.iter().zip(&self.roads) {
            if zoom < zoom_from(way.class) {
                continue;
            }
            // Names cost bytes and are not shown on small scales.
            let name = if zoom >= 13 { extract.names.text_of(way.name) } else { "" };
            let bridge = if way.is_bridge && zoom >= 13 { "yes" } else { "" };
            let attributes = [("class", class_name(way.class)), ("name", name), ("bridge", bridge)];
            tiles.add(&Feature { layer: "roads", attributes: &attributes, geometry });
        }
    }

    fn add_labels(&self, extract: &Extract, zoom: u8, tiles: &mut Tiles) {
        for label in extract.labels.iter().filter(|label| zoom >= 9 + label.rank.min(4)) {
            let attributes = [("class", label.kind), ("name", label.name.as_str())];
            let geometry = Geometry::Point(mercator(label.at));
            tiles.add(&Feature { layer: "places", attributes: &attributes, geometry: &geometry });
        }
    }
}

fn zoom_from(class: Class) -> u8 {
    match class {
        Class::Motorway | Class::Trunk | Class::Primary | Class::Ferry => 10,
        Class::Secondary => 11,
        Class::Tertiary => 12,
        Class::Unclassified | Class::Residential | Class::LivingStreet => 13,
        Class::Service | Class::Track | Class::Path | Class::Footway => 14,
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Motorway => "motorway",
        Class::Trunk => "trunk",
        Class::Primary => "primary",
        Class::Secondary => "secondary",
        Class::Tertiary => "tertiary",
        Class::Unclassified | Class::Residential | Class::LivingStreet => "street",
        Class::Service => "service",
        Class::Track => "track",
        Class::Path => "path",
        Class::Footway => "footway",
        Class::Ferry => "ferry",
    }
}
