//! Turn restrictions: relations of OpenStreetMap turned into sequences of road pieces that nobody may drive.
//!
//! Reading follows <https://wiki.openstreetmap.org/wiki/Relation:restriction>: `no_*` forbids the sequence itself, `only_*`
//! every other way on. Both may lead over several `via` ways. What is ambiguous (a `from` way that passes through its
//! `via` node instead of ending there) is counted and left out, rather than guessed at.

use osmpbf::{RelMemberType, Relation};

use crate::profile::Profile;

use super::network::{Network, reverse};
use super::tags::Tags;

/// Members of a restriction; real ones have three to six.
const MEMBERS_MAX: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Node(i64),
    Ways(Vec<i64>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Restriction {
    from: Vec<i64>,
    pub(super) via: Via,
    to: Vec<i64>,
    /// `only_*`: the sequence is the one that is allowed.
    only: bool,
    applies: [bool; 3],
}

/// `None`: for some hours only, or not in the form that the wiki describes.
pub(super) fn read(tags: &Tags<'_>, relation: &Relation<'_>) -> Option<Restriction> {
    let (mut from, mut to, mut via_nodes, mut via_ways) = (vec![], vec![], vec![], vec![]);
    for member in relation.members().take(MEMBERS_MAX) {
        let into = match (member.role().ok()?, member.member_type) {
            ("from", RelMemberType::Way) => &mut from,
            ("to", RelMemberType::Way) => &mut to,
            ("via", RelMemberType::Node) => &mut via_nodes,
            ("via", RelMemberType::Way) => &mut via_ways,
            _ => continue,
        };
        into.push(member.member_id);
    }
    let via = match (via_nodes.as_slice(), via_ways.is_empty()) {
        ([node], true) => Via::Node(*node),
        ([], false) => Via::Ways(via_ways),
        _ => return None,
    };
    let (only, applies) = whom(tags)?;
    (!from.is_empty() && !to.is_empty()).then_some(Restriction { from, via, to, only, applies })
}

/// Whether it is an `only_*`, and to which profiles it applies.
fn whom(tags: &Tags<'_>) -> Option<(bool, [bool; 3])> {
    let except: Vec<&str> =
        tags.value("except").unwrap_or_default().split(';').map(str::trim).collect();
    let mut only = None;
    let applies = Profile::ALL.map(|profile| {
        let words = vehicle_words(profile);
        let special = words.iter().find_map(|word| tags.value(&format!("restriction:{word}")));
        let general =
            tags.value("restriction").filter(|_| !words.iter().any(|w| except.contains(w)));
        let Some(value) = special.or(general) else { return false };
        if value.starts_with("no_") || value.starts_with("only_") {
            only = Some(value.starts_with("only_"));
            return true;
        }
        false
    });
    only.map(|only| (only, applies))
}

/// Words of `restriction:<vehicle>` and `except` that mean this vehicle.
fn vehicle_words(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Okada => &["motorcycle", "motor_vehicle", "vehicle"],
        Profile::TukTuk => &["auto_rickshaw", "motor_vehicle", "vehicle"],
        Profile::Van => &["goods", "motorcar", "motor_vehicle", "vehicle"],
    }
}

/// The sequences of directed edges that a profile may not drive, each of two edges or more; and how many restrictions fit
/// no road of the extract.
pub(super) fn forbidden(
    network: &Network,
    restrictions: &[Restriction],
    profile: Profile,
) -> (Vec<Vec<u32>>, u32) {
    let mut sequences = Vec::new();
    let mut unplaced = 0;
    for restriction in restrictions.iter().filter(|r| r.applies[profile.index()]) {
        let before = sequences.len();
        for &from in &restriction.from {
            for &to in &restriction.to {
                place(network, restriction, from, to, profile, &mut sequences);
            }
        }
        unplaced += u32::from(sequences.len() == before);
    }
    add_blocked_nodes(network, profile, &mut sequences);
    sequences.sort_unstable();
    sequences.dedup();
    (sequences, unplaced)
}

fn place(
    network: &Network,
    restriction: &Restriction,
    from: i64,
    to: i64,
    profile: Profile,
    into: &mut Vec<Vec<u32>>,
) {
    let Some((mut sequence, at, last)) = approach(network, restriction, from, to) else { return };
    if restriction.only {
        for edge in network.leaving(at).filter(|edge| *edge != last) {
            into.push(sequence.iter().copied().chain([edge]).collect());
        }
        return;
    }
    if sequence.len() == 1 && last != reverse(sequence[0]) {
        add_dodges(network, sequence[0], at, last, profile, into);
    }
    sequence.push(last);
    into.push(sequence);
}

/// Edges up to the node where the restriction bites, that node, and the edge it speaks of.
fn approach(
    network: &Network,
    restriction: &Restriction,
    from: i64,
    to: i64,
) -> Option<(Vec<u32>, u32, u32)> {
    match &restriction.via {
        Via::Node(node) => {
            let at = network.vertex(*node)?;
            let arriving = single(network.leaving(at).map(reverse), |e| network.way(e) == from)?;
            let leaving = single(network.leaving(at), |e| network.way(e) == to)?;
            Some((vec![arriving], at, leaving))
        }
        Via::Ways(ways) => over_ways(network, from, ways, to),
    }
}

fn over_ways(network: &Network, from: i64, ways: &[i64], to: i64) -> Option<(Vec<u32>, u32, u32)> {
    let mut at = network.shared_vertex(from, *ways.first()?)?;
    let mut sequence = vec![single(network.leaving(at).map(reverse), |e| network.way(e) == from)?];
    for (number, &way) in ways.iter().enumerate() {
        let next = ways.get(number + 1).copied().unwrap_or(to);
        let end = network.shared_vertex(way, next)?;
        sequence.extend(network.along_way(way, at, end)?);
        at = end;
    }
    let leaving = single(network.leaving(at), |e| network.way(e) == to)?;
    Some((sequence, at, leaving))
}

fn single(edges: impl Iterator<Item = u32>, fits: impl Fn(u32) -> bool) -> Option<u32> {
    let mut found = edges.filter(|edge| fits(*edge));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Driving on to the next crossing and turning round there is how a forbidden turn is dodged: that is forbidden too.
fn add_dodges(
    network: &Network,
    arriving: u32,
    at: u32,
    forbidden: u32,
    profile: Profile,
    into: &mut Vec<Vec<u32>>,
) {
    let others = network
        .leaving(at)
        .filter(|edge| *edge != forbidden && *edge != reverse(arriving))
        .filter(|edge| network.is_open(*edge, profile) && network.is_open(reverse(*edge), profile));
    for edge in others {
        let beyond = network.head(edge);
        let dead_end = network.leaving(beyond).count() == 1;
        if !dead_end {
            into.push(vec![arriving, edge, reverse(edge)]);
        }
    }
}

/// A barrier lets nobody through that it blocks, but he may come up to it and turn.
fn add_blocked_nodes(network: &Network, profile: Profile, into: &mut Vec<Vec<u32>>) {
    for &vertex in &network.blocked[profile.index()] {
        for arriving in network.leaving(vertex).map(reverse) {
            let onward = network.leaving(vertex).filter(|edge| *edge != reverse(arriving));
            into.extend(onward.map(|edge| vec![arriving, edge]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_restriction_binds() {
        let whom = |pairs: &[(&str, &str)]| whom(&Tags::of(pairs));
        assert_eq!(whom(&[("restriction", "no_left_turn")]), Some((false, [true; 3])));
        assert_eq!(
            whom(&[("restriction", "only_straight_on"), ("except", "psv; motorcycle")]),
            Some((true, [false, true, true]))
        );
        assert_eq!(
            whom(&[("restriction:motorcar", "no_u_turn")]),
            Some((false, [false, false, true]))
        );
        assert_eq!(whom(&[("restriction:hgv", "no_u_turn")]), None);
        assert_eq!(whom(&[("restriction:conditional", "no_left_turn @ (07:00-09:00)")]), None);
        assert_eq!(whom(&[("restriction", "whatever")]), None);
    }
}
