//! What the map shows beside roads: water, green, buildings, railways and names of places. Routes never look here.

use std::collections::HashMap;

use super::tags::Tags;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Water,
    Green,
    Built,
    Building,
    River,
    Stream,
    Railway,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Water => "water",
            Kind::Green => "green",
            Kind::Built => "built",
            Kind::Building => "building",
            Kind::River => "river",
            Kind::Stream => "stream",
            Kind::Railway => "railway",
        }
    }
}

/// Rings of node ids, each closed; holes are rings inside others.
pub(super) struct Area {
    pub(super) kind: Kind,
    pub(super) rings: Vec<Vec<i64>>,
}

pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) refs: Vec<i64>,
}

/// A name on the map. `rank` 0 is a city, 4 a quarter.
pub(super) struct Label {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) rank: u8,
    pub(super) at: [i32; 2],
}

pub(super) fn area_kind(tags: &Tags<'_>) -> Option<Kind> {
    if tags.is("natural", "water")
        || tags.is("waterway", "riverbank")
        || tags.is("landuse", "reservoir")
    {
        return Some(Kind::Water);
    }
    if tags.value("building").is_some_and(|value| value != "no") {
        return Some(Kind::Building);
    }
    let green = matches!(
        tags.value("landuse"),
        Some(
            "forest"
                | "grass"
                | "meadow"
                | "orchard"
                | "farmland"
                | "cemetery"
                | "recreation_ground"
                | "village_green"
        )
    ) || matches!(
        tags.value("leisure"),
        Some("park" | "garden" | "golf_course" | "nature_reserve" | "pitch")
    ) || matches!(
        tags.value("natural"),
        Some("wood" | "scrub" | "wetland" | "grassland" | "heath")
    );
    if green {
        return Some(Kind::Green);
    }
    let built = matches!(
        tags.value("landuse"),
        Some("residential" | "commercial" | "industrial" | "retail")
    );
    built.then_some(Kind::Built)
}

pub(super) fn line_kind(tags: &Tags<'_>) -> Option<Kind> {
    match tags.value("waterway") {
        Some("river" | "canal") => return Some(Kind::River),
        Some("stream" | "drain" | "ditch") => return Some(Kind::Stream),
        _ => {}
    }
    matches!(tags.value("railway"), Some("rail" | "light_rail" | "narrow_gauge"))
        .then_some(Kind::Railway)
}

pub(super) fn label(tags: &Tags<'_>, at: [i32; 2]) -> Option<Label> {
    let (kind, rank) = match tags.value("place")? {
        "city" => ("city", 0),
        "town" => ("town", 1),
        "suburb" | "borough" => ("suburb", 2),
        "village" | "quarter" => ("village", 3),
        "neighbourhood" | "hamlet" | "island" => ("neighbourhood", 4),
        _ => return None,
    };
    let name: String = tags.value("name")?.chars().take(80).collect();
    Some(Label { name, kind, rank, at })
}

/// Joins ways end to end into closed rings; what does not close is left out.
pub(super) fn join_rings(parts: Vec<Vec<i64>>) -> Vec<Vec<i64>> {
    let mut rings = Vec::new();
    let mut ends: HashMap<i64, Vec<usize>> = HashMap::new();
    for (number, part) in parts.iter().enumerate() {
        for end in [part.first(), part.last()].into_iter().flatten() {
            ends.entry(*end).or_default().push(number);
        }
    }
    let mut used = vec![false; parts.len()];
    for start in 0..parts.len() {
        if used[start] || parts[start].is_empty() {
            continue;
        }
        used[start] = true;
        let mut ring = parts[start].clone();
        while ring.first() != ring.last() {
            let end = ring[ring.len() - 1];
            let next = ends.get(&end).and_then(|parts| parts.iter().find(|part| !used[**part]));
            let Some(&next) = next else { break };
            used[next] = true;
            if parts[next].first() == Some(&end) {
                ring.extend(&parts[next][1..]);
            } else {
                ring.extend(parts[next].iter().rev().skip(1));
            }
        }
        if ring.len() > 3 && ring.first() == ring.last() {
            rings.push(ring);
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_join_into_rings_whatever_their_direction() {
        let rings = join_rings(vec![
            vec![1, 2, 3],
            vec![5, 4, 3],
            vec![5, 1],
            vec![7, 8],
            vec![9, 10, 11, 9],
        ]);
        assert_eq!(rings, vec![vec![1, 2, 3, 4, 5, 1], vec![9, 10, 11, 9]]);
    }

    #[test]
    fn what_is_drawn_how() {
        assert_eq!(area_kind(&Tags::of(&[("natural", "water")])), Some(Kind::Water));
        assert_eq!(area_kind(&Tags::of(&[("building", "no")])), None);
        assert_eq!(line_kind(&Tags::of(&[("waterway", "river")])), Some(Kind::River));
        assert!(label(&Tags::of(&[("place", "suburb")]), [1, 1]).is_none());
    }
}
