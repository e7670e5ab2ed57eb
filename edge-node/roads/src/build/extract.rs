//! What a build needs of an extract: roads, turn restrictions, and what the map shows beside them. Three passes over the
//! file (relations, ways, nodes), so that only the nodes in use are held. Decides nothing about routes.

use std::collections::{HashMap, HashSet};

use osmpbf::{Element, RelMemberType, Relation, Way as PbfWay};

use crate::class::Class;
use crate::profile::Profile;

use super::error::BuildError;
use super::frames::Frames;
use super::names::Names;
use super::passage::{self, INVITATION_PERCENT};
use super::restriction::{self, Restriction};
use super::scenery::{self, Area, Kind, Label, Line};
use super::speed;
use super::tags::Tags;

/// Node references of all ways in use: 30 million are about 700 MB while building.
const REFS_MAX: u64 = 30_000_000;
const WAYS_MAX: u64 = 4_000_000;
const RELATIONS_MAX: u64 = 500_000;

/// Kilometres an hour along and against the nodes of a way; 0: closed.
pub(super) type Paces = [[u16; 2]; 3];

/// One `highway` or ferry.
pub(super) struct Way {
    pub(super) id: i64,
    refs: std::ops::Range<usize>,
    pub(super) class: Class,
    pub(super) name: u32,
    pub(super) is_roundabout: bool,
    pub(super) is_bridge: bool,
    pub(super) is_tunnel: bool,
    pub(super) paces: Paces,
}

impl Way {
    pub(super) fn is_routable(&self) -> bool {
        self.paces.iter().flatten().any(|kmh| *kmh > 0)
    }
}

/// What a node does to who passes it.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) blocked: [bool; 3],
    pub(super) delay_seconds: u32,
}

#[derive(Default)]
pub(super) struct Extract {
    pub(super) ways: Vec<Way>,
    refs: Vec<i64>,
    pub(super) names: Names,
    pub(super) restrictions: Vec<Restriction>,
    /// Restrictions for some hours only, or in words that are not known here.
    pub(super) restrictions_unread: u32,
    pub(super) marks: HashMap<i64, Mark>,
    pub(super) areas: Vec<Area>,
    pub(super) lines: Vec<Line>,
    pub(super) labels: Vec<Label>,
    pub(super) data_time: Option<i64>,
    nodes: Nodes,
}

/// Places of the nodes in use, sorted by id.
#[derive(Default)]
struct Nodes {
    ids: Vec<i64>,
    at: Vec<Option<[i32; 2]>>,
}

impl Extract {
    pub(super) fn refs(&self, way: &Way) -> &[i64] {
        &self.refs[way.refs.clone()]
    }

    /// Latitude and longitude in ten-millionths of a degree; `None`: the extract was cut there.
    pub(super) fn place(&self, node: i64) -> Option<[i32; 2]> {
        self.nodes.ids.binary_search(&node).ok().and_then(|index| self.nodes.at[index])
    }

    pub(super) fn read(
        frames: &Frames,
        mut step: impl FnMut(&'static str),
    ) -> Result<Extract, BuildError> {
        let mut extract = Extract { data_time: frames.data_time, ..Extract::default() };
        let mut contents = vec![Contents::default(); frames.len()];
        let mut polygons = Polygons::default();
        step("reading relations");
        frames.each(
            |_| true,
            |number, block| {
                for group in block.groups() {
                    contents[number].ways |= group.ways().next().is_some();
                    contents[number].nodes |=
                        group.nodes().next().is_some() || group.dense_nodes().next().is_some();
                    for relation in group.relations() {
                        extract.take_relation(&relation, &mut polygons)?;
                    }
                }
                Ok(())
            },
        )?;
        step("reading ways");
        frames.each(
            |number| contents[number].ways,
            |_, block| {
                for way in block.groups().flat_map(|group| group.ways().collect::<Vec<_>>()) {
                    extract.take_way(&way, &mut polygons)?;
                }
                Ok(())
            },
        )?;
        extract.areas.extend(polygons.assemble());
        extract.prepare_nodes()?;
        step("reading nodes");
        frames.each(
            |number| contents[number].nodes,
            |_, block| {
                block.for_each_element(|element| extract.take_node(&element));
                Ok(())
            },
        )?;
        Ok(extract)
    }

    fn take_relation(
        &mut self,
        relation: &Relation<'_>,
        polygons: &mut Polygons,
    ) -> Result<(), BuildError> {
        let tags = Tags::read(relation.tags());
        match tags.value("type") {
            Some("restriction") => match restriction::read(&tags, relation) {
                Some(restriction) => self.restrictions.push(restriction),
                None => self.restrictions_unread += 1,
            },
            Some("multipolygon") => {
                if let Some(kind) = scenery::area_kind(&tags) {
                    polygons.take(kind, relation);
                }
            }
            _ => {}
        }
        let count = (self.restrictions.len() + polygons.relations.len()) as u64;
        bounded("relations", count, RELATIONS_MAX)
    }

    fn take_way(&mut self, way: &PbfWay<'_>, polygons: &mut Polygons) -> Result<(), BuildError> {
        if way.raw_refs().len() < 2 {
            return Ok(());
        }
        if polygons.wanted.contains(&way.id()) {
            polygons.members.insert(way.id(), way.refs().collect());
        }
        let tags = Tags::read(way.tags());
        let highway = tags.value("highway").and_then(Class::of_highway);
        let ferry = tags.is("route", "ferry").then_some(Class::Ferry);
        if let Some(class) = highway.or(ferry).filter(|_| !tags.is("area", "yes")) {
            self.take_road(way, class, &tags);
        } else if let Some(kind) = scenery::area_kind(&tags) {
            let ring: Vec<i64> = way.refs().collect();
            if ring.len() > 3 && ring.first() == ring.last() {
                self.areas.push(Area { kind, rings: vec![ring] });
            }
        } else if let Some(kind) = scenery::line_kind(&tags) {
            self.lines.push(Line { kind, refs: way.refs().collect() });
        }
        bounded("ways", (self.ways.len() + self.areas.len() + self.lines.len()) as u64, WAYS_MAX)?;
        bounded("points of roads", self.refs.len() as u64, REFS_MAX)
    }

    fn take_road(&mut self, way: &PbfWay<'_>, class: Class, tags: &Tags<'_>) {
        let from = self.refs.len();
        self.refs.extend(way.refs());
        // The same node twice in a row is no road between them.
        let mut kept = from;
        for index in from..self.refs.len() {
            if index == from || self.refs[index] != self.refs[kept - 1] {
                self.refs[kept] = self.refs[index];
                kept += 1;
            }
        }
        self.refs.truncate(kept);
        let is = |key| tags.value(key).is_some_and(|value| value != "no");
        let name = tags.value("name").or_else(|| tags.value("ref")).unwrap_or_default();
        self.ways.push(Way {
            id: way.id(),
            refs: from..kept,
            class,
            name: self.names.number(name),
            is_roundabout: passage::is_roundabout(tags),
            is_bridge: is("bridge"),
            is_tunnel: is("tunnel"),
            paces: paces(class, tags),
        });
    }

    fn prepare_nodes(&mut self) -> Result<(), BuildError> {
        let mut ids = self.refs.clone();
        ids.extend(self.areas.iter().flat_map(|area| area.rings.iter().flatten()));
        ids.extend(self.lines.iter().flat_map(|line| &line.refs));
        bounded("points of the map", ids.len() as u64, REFS_MAX)?;
        ids.sort_unstable();
        ids.dedup();
        ids.shrink_to_fit();
        self.nodes = Nodes { at: vec![None; ids.len()], ids };
        Ok(())
    }

    fn take_node(&mut self, element: &Element<'_>) {
        match element {
            Element::Node(node) => {
                self.place_node(node.id(), [node.nano_lat(), node.nano_lon()], || {
                    Tags::read(node.tags())
                })
            }
            Element::DenseNode(node) => {
                self.place_node(node.id(), [node.nano_lat(), node.nano_lon()], || {
                    Tags::read(node.tags())
                })
            }
            Element::Way(_) | Element::Relation(_) => {}
        }
    }

    fn place_node<'a>(&mut self, id: i64, nano: [i64; 2], tags: impl FnOnce() -> Tags<'a>) {
        let [lat, lon] = nano.map(|nano| nano / 100);
        let (Ok(lat), Ok(lon)) = (i32::try_from(lat), i32::try_from(lon)) else { return };
        // A place beyond the poles is no place: its ways are cut there, as at the rim of the extract.
        if !(-900_000_000..=900_000_000).contains(&lat)
            || !(-1_800_000_000..=1_800_000_000).contains(&lon)
        {
            return;
        }
        let tags = tags();
        if let Some(label) = scenery::label(&tags, [lat, lon]) {
            self.labels.push(label);
        }
        let Ok(index) = self.nodes.ids.binary_search(&id) else { return };
        self.nodes.at[index] = Some([lat, lon]);
        let blocked = Profile::ALL.map(|profile| !passage::through_node(profile, &tags));
        let delay_seconds = passage::delay_seconds(&tags);
        if delay_seconds > 0 || blocked.contains(&true) {
            self.marks.insert(id, Mark { blocked, delay_seconds });
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Contents {
    ways: bool,
    nodes: bool,
}

fn bounded(what: &'static str, count: u64, max: u64) -> Result<(), BuildError> {
    if count > max { Err(BuildError::TooLarge { what, count, max }) } else { Ok(()) }
}

fn paces(class: Class, tags: &Tags<'_>) -> Paces {
    Profile::ALL.map(|profile| {
        let passage = passage::of_way(profile, class, tags);
        let Some(kmh) = speed::free_kmh(profile, class, tags).filter(|_| !passage.is_closed())
        else {
            return [0; 2];
        };
        let kmh = if passage.by_invitation { (kmh * INVITATION_PERCENT / 100).max(3) } else { kmh };
        let kmh = u16::try_from(kmh).unwrap_or(u16::MAX);
        [passage.along, passage.against].map(|open| if open { kmh } else { 0 })
    })
}

/// Multipolygons on their way to rings.
#[derive(Default)]
struct Polygons {
    relations: Vec<(Kind, Vec<i64>)>,
    wanted: HashSet<i64>,
    members: HashMap<i64, Vec<i64>>,
}

impl Polygons {
    fn take(&mut self, kind: Kind, relation: &Relation<'_>) {
        let ways: Vec<i64> = relation
            .members()
            .filter(|member| member.member_type == RelMemberType::Way)
            .map(|member| member.member_id)
            .collect();
        self.wanted.extend(&ways);
        self.relations.push((kind, ways));
    }

    /// Outer and inner rings alike: which is which follows from their nesting when drawn (even-odd).
    fn assemble(self) -> Vec<Area> {
        let rings_of = |ways: &[i64]| {
            let parts = ways.iter().filter_map(|way| self.members.get(way).cloned()).collect();
            scenery::join_rings(parts)
        };
        self.relations
            .iter()
            .map(|(kind, ways)| Area { kind: *kind, rings: rings_of(ways) })
            .filter(|area| !area.rings.is_empty())
            .collect()
    }
}
