//! Who may pass: classes of road, access tags, oneways and barriers, per vehicle. Tables and rules, no speeds.
//!
//! Keys from general to special: <https://wiki.openstreetmap.org/wiki/Key:access#Transport_mode_restrictions>. Where a
//! place is private or for customers, a delivery is wanted there: it is open, but slow enough to keep through traffic out.

use crate::class::Class;
use crate::profile::Profile;

use super::tags::Tags;

/// Directions of a way that are open, along its nodes and against them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Passage {
    pub(super) along: bool,
    pub(super) against: bool,
    /// Only for who has business there.
    pub(super) by_invitation: bool,
}

impl Passage {
    pub(super) fn is_closed(self) -> bool {
        !self.along && !self.against
    }
}

/// Speed in percent on what is open by invitation.
pub(super) const INVITATION_PERCENT: u32 = 50;

fn access_keys(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Okada => &["access", "vehicle", "motor_vehicle", "motorcycle"],
        Profile::TukTuk => &["access", "vehicle", "motor_vehicle", "auto_rickshaw"],
        Profile::Van => &["access", "vehicle", "motor_vehicle", "motorcar", "goods"],
    }
}

fn oneway_keys(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Okada => &["oneway", "oneway:motor_vehicle", "oneway:motorcycle"],
        Profile::TukTuk => &["oneway", "oneway:motor_vehicle", "oneway:auto_rickshaw"],
        Profile::Van => &["oneway", "oneway:motor_vehicle", "oneway:motorcar"],
    }
}

/// What a class is without any access tag.
fn open_by_class(profile: Profile, class: Class) -> bool {
    match class {
        // Closed to two and three wheels on East and West African motorways.
        Class::Motorway => profile == Profile::Van,
        Class::Path => profile == Profile::Okada,
        Class::Footway => false,
        Class::Trunk
        | Class::Primary
        | Class::Secondary
        | Class::Tertiary
        | Class::Unclassified
        | Class::Residential
        | Class::LivingStreet
        | Class::Service
        | Class::Track
        | Class::Ferry => true,
    }
}

enum Access {
    Open,
    ByInvitation,
    Closed,
    Unsaid,
}

fn access(value: Option<&str>) -> Access {
    match value {
        None => Access::Unsaid,
        Some("yes" | "designated" | "permissive" | "official" | "public") => Access::Open,
        Some("private" | "customers" | "destination" | "delivery" | "permit" | "residents") => {
            Access::ByInvitation
        }
        Some(
            "no" | "agricultural" | "forestry" | "military" | "emergency" | "psv" | "bus"
            | "use_sidepath",
        ) => Access::Closed,
        Some(_) => Access::Unsaid,
    }
}

/// Which directions of a way a vehicle may take.
pub(super) fn of_way(profile: Profile, class: Class, tags: &Tags<'_>) -> Passage {
    let keys = access_keys(profile);
    // A foot path is opened by a tag about vehicles alone: `access=yes` on it speaks of people.
    let special = if class == Class::Footway { &keys[1..] } else { keys };
    let said = tags.most_special(special);
    let (open, by_invitation) = match access(said) {
        Access::Open => (true, false),
        Access::ByInvitation => (open_by_class(profile, class), true),
        Access::Closed => (false, false),
        Access::Unsaid => (open_by_class(profile, class), false),
    };
    if !open || tags.is("area", "yes") && class == Class::Footway {
        return Passage::default();
    }
    let (mut along, mut against) = directions(profile, class, tags);
    along &= !closed_towards(keys, tags, ":forward");
    against &= !closed_towards(keys, tags, ":backward");
    Passage { along, against, by_invitation }
}

fn directions(profile: Profile, class: Class, tags: &Tags<'_>) -> (bool, bool) {
    match tags.most_special(oneway_keys(profile)) {
        Some("yes" | "1" | "true") => (true, false),
        Some("-1" | "reverse") => (false, true),
        Some("reversible") => (false, false),
        Some("no" | "0" | "false" | "alternating") => (true, true),
        _ => (true, !(is_roundabout(tags) || class == Class::Motorway)),
    }
}

fn closed_towards(keys: &[&str], tags: &Tags<'_>, towards: &str) -> bool {
    let said = keys.iter().rev().find_map(|key| tags.value(&format!("{key}{towards}")));
    matches!(access(said), Access::Closed)
}

pub(super) fn is_roundabout(tags: &Tags<'_>) -> bool {
    tags.is("junction", "roundabout") || tags.is("junction", "circular")
}

/// Whether a vehicle gets past a node; barriers are the reason if not.
pub(super) fn through_node(profile: Profile, tags: &Tags<'_>) -> bool {
    let Some(barrier) = tags.value("barrier") else {
        // Nodes carry access tags of many meanings (a shop's, a stop's); only a barrier's are about passing.
        return true;
    };
    match access(tags.most_special(access_keys(profile))) {
        Access::Open | Access::ByInvitation => return true,
        Access::Closed => return false,
        Access::Unsaid => {}
    }
    match barrier {
        "gate" | "lift_gate" | "swing_gate" | "sliding_gate" | "hampshire_gate" => {
            !tags.is("locked", "yes")
        }
        "entrance" | "toll_booth" | "border_control" | "checkpoint" | "cattle_grid" | "kerb"
        | "sally_port" | "bump_gate" | "rope" | "height_restrictor" | "hazard" | "no" => true,
        "bollard" | "block" | "cycle_barrier" | "jersey_barrier" | "planter" | "bus_trap"
        | "bar" | "chain" | "log" | "debris" => profile == Profile::Okada,
        _ => false,
    }
}

/// Seconds that a node costs who arrives at it.
pub(super) fn delay_seconds(tags: &Tags<'_>) -> u32 {
    let at_highway = match tags.value("highway") {
        Some("traffic_signals") => 9,
        Some("stop") => 3,
        _ => 0,
    };
    let at_barrier = match tags.value("barrier") {
        Some("toll_booth" | "border_control" | "checkpoint") => 30,
        Some("gate" | "lift_gate" | "swing_gate" | "sliding_gate") => 10,
        _ => 0,
    };
    let at_railway = if tags.is("railway", "level_crossing") { 8 } else { 0 };
    at_highway.max(at_barrier).max(at_railway)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directions per vehicle, in the order okada, tuk-tuk, van: `=` both, `>` along, `<` against, `x` closed.
    fn check(class: Class, pairs: &[(&str, &str)], expected: &str) {
        let tags = Tags::of(pairs);
        let found: String = Profile::ALL
            .map(|profile| match of_way(profile, class, &tags) {
                Passage { along: true, against: true, .. } => '=',
                Passage { along: true, against: false, .. } => '>',
                Passage { along: false, against: true, .. } => '<',
                Passage { along: false, against: false, .. } => 'x',
            })
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{class:?} {pairs:?}");
    }

    #[test]
    fn classes_are_open_to_whom_they_suit() {
        check(Class::Residential, &[], "===");
        check(Class::Path, &[], "=xx");
        check(Class::Footway, &[], "xxx");
        check(Class::Footway, &[("access", "yes")], "xxx");
        check(Class::Footway, &[("motorcycle", "yes")], "=xx");
        check(Class::Motorway, &[], "xx>");
        check(Class::Motorway, &[("motorcycle", "yes")], ">x>");
        check(Class::Ferry, &[], "===");
        check(Class::Ferry, &[("motorcar", "no")], "==x");
    }

    #[test]
    fn the_more_special_tag_wins() {
        check(Class::Residential, &[("access", "no")], "xxx");
        check(Class::Residential, &[("access", "no"), ("motor_vehicle", "yes")], "===");
        check(Class::Residential, &[("motor_vehicle", "yes"), ("motorcar", "no")], "==x");
        check(Class::Residential, &[("motorcycle", "no")], "x==");
        check(Class::Service, &[("access", "private")], "===");
        check(Class::Path, &[("access", "private")], "=xx");
        check(Class::Residential, &[("motorcar:backward", "no")], "==>");
        let private = of_way(Profile::Van, Class::Service, &Tags::of(&[("access", "private")]));
        assert!(private.by_invitation);
    }

    #[test]
    fn oneways_in_all_their_spellings() {
        for yes in ["yes", "1", "true"] {
            check(Class::Primary, &[("oneway", yes)], ">>>");
        }
        check(Class::Primary, &[("oneway", "-1")], "<<<");
        check(Class::Primary, &[("oneway", "reversible")], "xxx");
        check(Class::Primary, &[("oneway", "yes"), ("oneway:motorcycle", "no")], "=>>");
        check(Class::Primary, &[("junction", "roundabout")], ">>>");
        check(Class::Primary, &[("junction", "roundabout"), ("oneway", "no")], "===");
        check(Class::Motorway, &[("oneway", "no")], "xx=");
    }

    #[test]
    fn barriers_stop_whom_they_are_meant_for() {
        let through = |pairs: &[(&str, &str)]| {
            Profile::ALL.map(|profile| through_node(profile, &Tags::of(pairs)))
        };
        assert_eq!(through(&[("barrier", "bollard")]), [true, false, false]);
        assert_eq!(through(&[("barrier", "gate")]), [true; 3]);
        assert_eq!(through(&[("barrier", "gate"), ("locked", "yes")]), [false; 3]);
        assert_eq!(through(&[("barrier", "gate"), ("access", "no")]), [false; 3]);
        assert_eq!(through(&[("barrier", "wall")]), [false; 3]);
        assert_eq!(through(&[("barrier", "bollard"), ("motorcar", "yes")]), [true, false, true]);
        assert_eq!(through(&[("access", "no"), ("shop", "kiosk")]), [true; 3]);
    }
}
