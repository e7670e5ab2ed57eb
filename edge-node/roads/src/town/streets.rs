//! The streets of a town, its barriers and forbidden turns, and what the map shows beside them.

use super::layout::{Layout, Quarter, Rank};
use super::{Dice, Extract};

const NAMES: [&str; 24] = [
    "Acacia",
    "Baobab",
    "Cassava",
    "Dhow",
    "Ebony",
    "Fig Tree",
    "Granary",
    "Heron",
    "Ironwood",
    "Jacaranda",
    "Kapok",
    "Lantana",
    "Mango",
    "Nyota",
    "Ọ̀run",
    "Papyrus",
    "Quarry",
    "Raphia",
    "Simba",
    "Tamarind",
    "Umoja",
    "Weaver",
    "Yam",
    "Zawadi",
];
const QUARTERS: [&str; 8] = [
    "Old Market",
    "Station",
    "Hillside",
    "Ferry Landing",
    "Mission",
    "Brickfields",
    "Lakeview",
    "New Layout",
];
/// Ids from here on are nodes between crossings, corners of buildings, and so on.
const EXTRA_NODES: i64 = 1_000_000;

struct Drawing<'a> {
    layout: &'a Layout,
    extract: Extract,
    dice: Dice,
    next_node: i64,
    next_way: i64,
    next_relation: i64,
    /// Ways that end at each crossing of arteries: from the west, to the north; for forbidden turns.
    eastbound: Vec<(u32, u32, i64)>,
    northbound: Vec<(u32, u32, i64)>,
}

pub(super) fn draw(layout: &Layout) -> Extract {
    let mut drawing = Drawing {
        layout,
        extract: Extract::default(),
        dice: Dice::new(layout.town.seed ^ 0x5eed),
        next_node: EXTRA_NODES,
        next_way: 1,
        next_relation: 1,
        eastbound: Vec::new(),
        northbound: Vec::new(),
    };
    drawing.crossings();
    for line in 0..layout.town.blocks {
        drawing.street(line, true);
        drawing.street(line, false);
    }
    drawing.ferry();
    drawing.forbidden_turns();
    drawing.scenery();
    drawing.extract
}

impl Drawing<'_> {
    fn crossings(&mut self) {
        let blocks = self.layout.town.blocks;
        for row in 0..blocks {
            for column in 0..blocks {
                let (a, b) = (self.layout.rank(row), self.layout.rank(column));
                let signals = a.max(b) <= Rank::Secondary;
                let tags: &[(&str, &str)] =
                    if signals { &[("highway", "traffic_signals")] } else { &[] };
                let at = self.layout.crossing(row, column);
                self.extract.node(self.layout.id(row, column), at, tags);
            }
        }
    }

    /// One street across town, cut into ways where its nature changes or arteries meet.
    fn street(&mut self, line: u32, eastward: bool) {
        let rank = self.layout.rank(line);
        let name = self.name(line, eastward);
        let mut refs: Vec<i64> = Vec::new();
        let mut nature = None;
        for step in 0..self.layout.town.blocks - 1 {
            let place = |step: u32| if eastward { (line, step) } else { (step, line) };
            let (from, to) = (place(step), place(step + 1));
            let next = self.nature(rank, from, to, eastward);
            let meets = rank <= Rank::Tertiary && self.layout.rank(step) <= Rank::Tertiary;
            if next != nature || meets {
                self.finish(&mut refs, nature.take(), rank, &name, from, eastward);
            }
            let Some(kind) = next else { continue };
            nature = next;
            if refs.is_empty() {
                refs.push(self.layout.id(from.0, from.1));
            }
            self.bend(&mut refs, kind, from, to);
            refs.push(self.layout.id(to.0, to.1));
        }
        let end = if eastward {
            (line, self.layout.town.blocks - 1)
        } else {
            (self.layout.town.blocks - 1, line)
        };
        self.finish(&mut refs, nature, rank, &name, end, eastward);
    }

    /// What the street is between two crossings; `None`: it has a gap there.
    fn nature(
        &mut self,
        rank: Rank,
        from: (u32, u32),
        to: (u32, u32),
        eastward: bool,
    ) -> Option<Nature> {
        let artery = rank <= Rank::Tertiary;
        let gap = self.dice.chance(14);
        let over_river = from.0 == self.layout.river_row && to.0 == from.0 + 1;
        if over_river {
            return (self.layout.bridges.contains(&from.1)).then_some(Nature::Bridge);
        }
        let quarters = [from, to].map(|(row, column)| self.layout.quarter(row, column));
        if quarters.contains(&Quarter::Park) {
            return None;
        }
        if quarters.contains(&Quarter::Informal) && rank > Rank::Trunk {
            return (!gap).then_some(Nature::Lane);
        }
        if gap && !artery {
            return None;
        }
        let middle = self.layout.town.blocks / 3..self.layout.town.blocks * 2 / 3;
        let line = if eastward { from.0 } else { from.1 };
        let in_middle = middle.contains(&from.0) && middle.contains(&from.1);
        Some(match (rank, in_middle) {
            (Rank::Residential, true) if line % 3 == 0 => Nature::Oneway,
            (Rank::Residential, true) if line % 3 == 2 => Nature::OnewayBack,
            _ => Nature::Street,
        })
    }

    /// Some streets bend between crossings, and a few have a gate or bollards there.
    fn bend(&mut self, refs: &mut Vec<i64>, nature: Nature, from: (u32, u32), to: (u32, u32)) {
        if nature == Nature::Bridge || !self.dice.chance(45) {
            return;
        }
        let (a, b) = (self.layout.crossing(from.0, from.1), self.layout.crossing(to.0, to.1));
        let middle = [a[0] / 2 + b[0] / 2, a[1] / 2 + b[1] / 2];
        let (north, east) = (self.dice.signed() * 12.0, self.dice.signed() * 12.0);
        let at = self.layout.beside(middle, north, east);
        let tags: &[(&str, &str)] = match self.dice.chance(3) && nature == Nature::Street {
            true if self.dice.chance(50) => &[("barrier", "gate")],
            true => &[("barrier", "bollard")],
            false => &[],
        };
        let id = self.node(at, tags);
        refs.push(id);
    }

    fn finish(
        &mut self,
        refs: &mut Vec<i64>,
        nature: Option<Nature>,
        rank: Rank,
        name: &str,
        end: (u32, u32),
        eastward: bool,
    ) {
        let refs = std::mem::take(refs);
        let (Some(nature), true) = (nature, refs.len() > 1) else { return };
        let mut tags: Vec<(&str, &str)> = vec![("name", name)];
        let lane = nature == Nature::Lane;
        tags.push((
            "highway",
            match rank {
                _ if lane => "path",
                Rank::Trunk => "trunk",
                Rank::Primary => "primary",
                Rank::Secondary => "secondary",
                Rank::Tertiary => "tertiary",
                Rank::Residential => "residential",
            },
        ));
        match nature {
            Nature::Oneway => tags.push(("oneway", "yes")),
            Nature::OnewayBack => tags.push(("oneway", "-1")),
            Nature::Bridge => tags.extend([("bridge", "yes"), ("layer", "1")]),
            Nature::Street | Nature::Lane => {}
        }
        let surface = match (lane, rank) {
            (true, _) => *self.dice.pick(&["ground", "dirt"]),
            (false, Rank::Residential) => {
                *self.dice.pick(&["unpaved", "asphalt", "asphalt", "gravel"])
            }
            _ => "asphalt",
        };
        tags.push(("surface", surface));
        let id = self.way(&refs, &tags);
        let artery = rank <= Rank::Secondary && nature == Nature::Street;
        if artery {
            let into = if eastward { &mut self.eastbound } else { &mut self.northbound };
            into.push((end.0, end.1, id));
        }
    }

    fn ferry(&mut self) {
        let (row, column) = (self.layout.river_row, self.layout.ferry);
        let refs = [self.layout.id(row, column), self.layout.id(row + 1, column)];
        let tags = [
            ("route", "ferry"),
            ("name", "River Ferry"),
            ("motor_vehicle", "no"),
            ("motorcycle", "yes"),
        ];
        self.way(&refs, &tags);
    }

    /// Where arteries cross, who comes from the west may not turn back to the south.
    fn forbidden_turns(&mut self) {
        let southward = self.northbound.clone();
        for (row, column, from) in self.eastbound.clone() {
            let Some((.., to)) = southward.iter().find(|(r, c, _)| (*r, *c) == (row, column))
            else {
                continue;
            };
            let id = self.next_relation;
            self.next_relation += 1;
            let word = if id % 4 == 0 { "only_right_turn" } else { "no_right_turn" };
            let except: &[(&str, &str)] =
                if id % 3 == 0 { &[("except", "motorcycle")] } else { &[] };
            let tags =
                [[("type", "restriction"), ("restriction", word)].as_slice(), except].concat();
            let via = self.layout.id(row, column);
            let members = [("from", from, false), ("via", via, true), ("to", *to, false)];
            self.extract.relation(id, &members, &tags);
        }
    }

    fn scenery(&mut self) {
        let river = self.layout.river();
        self.area(&river, &[("natural", "water"), ("name", "Mto River")]);
        let park = self.layout.outline(Quarter::Park);
        self.area(&park, &[("leisure", "park"), ("name", "Uhuru Gardens")]);
        let informal = self.layout.outline(Quarter::Informal);
        self.area(&informal, &[("landuse", "residential"), ("name", "Lakeside")]);
        let blocks = self.layout.town.blocks;
        for row in 0..blocks - 1 {
            for column in 0..blocks - 1 {
                let free = row == self.layout.river_row
                    || self.layout.quarter(row, column) == Quarter::Park;
                if !free && self.dice.chance(55) {
                    self.building(row, column);
                }
            }
        }
        let centre = [self.layout.centre().lat_e7(), self.layout.centre().lon_e7()];
        self.node(centre, &[("place", "town"), ("name", "Mfano")]);
        for (number, name) in QUARTERS.iter().enumerate() {
            let part = |n: usize| blocks * u32::try_from(2 * (n % 3) + 1).unwrap_or(1) / 6;
            let at = self.layout.crossing(part(number / 3), part(number));
            self.node(at, &[("place", "suburb"), ("name", name)]);
        }
    }

    fn building(&mut self, row: u32, column: u32) {
        let corner = self.layout.crossing(row, column);
        let (north, east) = (28.0 + self.dice.signed() * 8.0, 30.0 + self.dice.signed() * 8.0);
        let (deep, wide) = (20.0 + self.dice.signed() * 8.0, 26.0 + self.dice.signed() * 10.0);
        let corners = [(0.0, 0.0), (0.0, wide), (deep, wide), (deep, 0.0)]
            .map(|(up, right)| self.layout.beside(corner, north + up, east + right));
        self.area(&corners, &[("building", "yes")]);
    }

    fn area(&mut self, corners: &[[i32; 2]], tags: &[(&str, &str)]) {
        if corners.len() < 3 {
            return;
        }
        let mut refs: Vec<i64> = corners.iter().map(|at| self.node(*at, &[])).collect();
        refs.push(refs[0]);
        self.way(&refs, tags);
    }

    fn node(&mut self, at: [i32; 2], tags: &[(&str, &str)]) -> i64 {
        let id = self.next_node;
        self.next_node += 1;
        self.extract.node(id, at, tags);
        id
    }

    fn way(&mut self, refs: &[i64], tags: &[(&str, &str)]) -> i64 {
        let id = self.next_way;
        self.next_way += 1;
        self.extract.way(id, refs, tags);
        id
    }

    fn name(&self, line: u32, eastward: bool) -> String {
        let name = NAMES[line as usize % NAMES.len()];
        let kind = match (self.layout.rank(line), eastward) {
            (Rank::Trunk, _) => "Highway",
            (Rank::Primary | Rank::Secondary, true) => "Avenue",
            (Rank::Primary | Rank::Secondary, false) => "Road",
            (Rank::Tertiary | Rank::Residential, true) => "Street",
            (Rank::Tertiary | Rank::Residential, false) => "Lane",
        };
        match line as usize / NAMES.len() {
            0 => format!("{name} {kind}"),
            round => format!("{name} {kind} {}", round + 1),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    Street,
    Oneway,
    OnewayBack,
    Bridge,
    Lane,
}
