//! Writing `.osm.pbf`: the few messages that this takes, after <https://wiki.openstreetmap.org/wiki/PBF_Format>.

use std::collections::HashMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Elements in one block, as the wiki advises.
const BLOCK_ELEMENTS: usize = 8_000;

type Tags = Vec<(String, String)>;

/// An element with its tags; ids are the caller's.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// Latitude and longitude in ten-millionths of a degree.
    Node {
        id: i64,
        lat_e7: i32,
        lon_e7: i32,
        tags: Tags,
    },
    Way {
        id: i64,
        refs: Vec<i64>,
        tags: Tags,
    },
    /// Members by role; a member is a way, or a node if `true`.
    Relation {
        id: i64,
        members: Vec<(String, i64, bool)>,
        tags: Tags,
    },
}

/// Elements to be written: nodes first, then ways, then relations, whatever order they come in.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    nodes: Vec<Element>,
    ways: Vec<Element>,
    relations: Vec<Element>,
}

impl Extract {
    pub fn push(&mut self, element: Element) {
        match element {
            Element::Node { .. } => self.nodes.push(element),
            Element::Way { .. } => self.ways.push(element),
            Element::Relation { .. } => self.relations.push(element),
        }
    }

    /// A node with tags given as pairs.
    pub fn node(&mut self, id: i64, at: [i32; 2], tags: &[(&str, &str)]) {
        self.push(Element::Node { id, lat_e7: at[0], lon_e7: at[1], tags: owned(tags) });
    }

    pub fn way(&mut self, id: i64, refs: &[i64], tags: &[(&str, &str)]) {
        self.push(Element::Way { id, refs: refs.to_vec(), tags: owned(tags) });
    }

    /// Members as role, id, and whether it is a node.
    pub fn relation(&mut self, id: i64, members: &[(&str, i64, bool)], tags: &[(&str, &str)]) {
        let members = members.iter().map(|(role, id, node)| ((*role).to_owned(), *id, *node));
        self.push(Element::Relation { id, members: members.collect(), tags: owned(tags) });
    }

    #[must_use]
    pub fn to_pbf(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut header = Message::default();
        header.bytes(4, b"OsmSchema-V0.6");
        header.bytes(4, b"DenseNodes");
        header.bytes(16, b"OmniRoute town");
        frame(&mut file, b"OSMHeader", &header.0);
        for elements in [&self.nodes, &self.ways, &self.relations] {
            for block in elements.chunks(BLOCK_ELEMENTS) {
                frame(&mut file, b"OSMData", &primitive_block(block));
            }
        }
        file
    }
}

fn owned(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn frame(file: &mut Vec<u8>, kind: &[u8], content: &[u8]) {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(content).expect("writing to memory");
    let packed = zlib.finish().expect("writing to memory");
    let mut blob = Message::default();
    blob.number(2, content.len() as u64);
    blob.bytes(3, &packed);
    let mut header = Message::default();
    header.bytes(1, kind);
    header.number(3, blob.0.len() as u64);
    file.extend(u32::try_from(header.0.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(header.0);
    file.extend(blob.0);
}

/// Strings of a block; number 0 is reserved.
#[derive(Default)]
struct Strings<'a> {
    numbers: HashMap<&'a str, u64>,
    in_order: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    fn number(&mut self, text: &'a str) -> u64 {
        let next = self.in_order.len() as u64 + 1;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.in_order.push(text);
        }
        number
    }

    fn keys_and_values(&mut self, tags: &'a Tags) -> [Vec<u64>; 2] {
        let keys = tags.iter().map(|(key, _)| self.number(key)).collect();
        [keys, tags.iter().map(|(_, value)| self.number(value)).collect()]
    }
}

fn primitive_block(elements: &[Element]) -> Vec<u8> {
    let mut strings = Strings::default();
    let mut group = Message::default();
    let mut dense = Dense::default();
    for element in elements {
        match element {
            Element::Node { id, lat_e7, lon_e7, tags } => {
                dense.push(*id, *lat_e7, *lon_e7, strings.keys_and_values(tags));
            }
            Element::Way { id, refs, tags } => {
                group.bytes(3, &way(*id, refs, strings.keys_and_values(tags)));
            }
            Element::Relation { id, members, tags } => {
                let tags = strings.keys_and_values(tags);
                let roles = members.iter().map(|(role, ..)| strings.number(role)).collect();
                group.bytes(4, &relation(*id, members, roles, tags));
            }
        }
    }
    if !dense.ids.is_empty() {
        group.bytes(2, &dense.message());
    }
    let mut table = Message::default();
    table.bytes(1, b"");
    strings.in_order.iter().for_each(|text| table.bytes(1, text.as_bytes()));
    let mut block = Message::default();
    block.bytes(1, &table.0);
    block.bytes(2, &group.0);
    block.0
}

fn way(id: i64, refs: &[i64], [keys, values]: [Vec<u64>; 2]) -> Vec<u8> {
    let mut way = Message::default();
    way.number(1, id.unsigned_abs());
    way.packed(2, keys);
    way.packed(3, values);
    way.packed(8, deltas(refs));
    way.0
}

fn relation(
    id: i64,
    members: &[(String, i64, bool)],
    roles: Vec<u64>,
    [keys, values]: [Vec<u64>; 2],
) -> Vec<u8> {
    let ids: Vec<i64> = members.iter().map(|(_, id, _)| *id).collect();
    let mut relation = Message::default();
    relation.number(1, id.unsigned_abs());
    relation.packed(2, keys);
    relation.packed(3, values);
    relation.packed(8, roles);
    relation.packed(9, deltas(&ids));
    relation.packed(10, members.iter().map(|(_, _, node)| u64::from(!node)).collect());
    relation.0
}

#[derive(Default)]
struct Dense {
    ids: Vec<i64>,
    lats: Vec<i64>,
    lons: Vec<i64>,
    keys_and_values: Vec<u64>,
}

impl Dense {
    fn push(&mut self, id: i64, lat_e7: i32, lon_e7: i32, [keys, values]: [Vec<u64>; 2]) {
        self.ids.push(id);
        self.lats.push(i64::from(lat_e7));
        self.lons.push(i64::from(lon_e7));
        for (key, value) in keys.into_iter().zip(values) {
            self.keys_and_values.extend([key, value]);
        }
        self.keys_and_values.push(0);
    }

    fn message(self) -> Vec<u8> {
        let mut dense = Message::default();
        dense.packed(1, deltas(&self.ids));
        dense.packed(8, deltas(&self.lats));
        dense.packed(9, deltas(&self.lons));
        dense.packed(10, self.keys_and_values);
        dense.0
    }
}

fn deltas(numbers: &[i64]) -> Vec<u64> {
    let before = std::iter::once(&0).chain(numbers);
    numbers.iter().zip(before).map(|(number, before)| zigzag(number - before)).collect()
}

pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// A protocol buffer message as it grows.
#[derive(Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    pub(crate) fn number(&mut self, field: u64, value: u64) {
        varint(&mut self.0, field << 3);
        varint(&mut self.0, value);
    }

    pub(crate) fn bytes(&mut self, field: u64, value: &[u8]) {
        varint(&mut self.0, field << 3 | 2);
        varint(&mut self.0, value.len() as u64);
        self.0.extend(value);
    }

    pub(crate) fn packed(&mut self, field: u64, values: Vec<u64>) {
        let mut packed = Vec::with_capacity(values.len() * 2);
        values.into_iter().for_each(|value| varint(&mut packed, value));
        self.bytes(field, &packed);
    }
}

pub(crate) fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push((value & 0x7f) as u8);
}
