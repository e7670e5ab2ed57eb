//! How fast each vehicle goes on each class of road, on each surface, in each slice of the day. Tables, nothing else.
//!
//! Free-flow speeds and the slices' shares are set so that a motorcycle in the middle of Nairobi by day comes out at the
//! 23 km/h measured on 21,201 deliveries (quartiles 16 and 30). The other shares are judgement.

use crate::class::Class;
use crate::profile::Profile;
use crate::slice::Slice;

use super::tags::Tags;

/// Kilometres an hour by night on a dry paved road. Columns: okada, tuk-tuk, van.
const FREE_KMH: [[u32; 3]; 13] = [
    [70, 45, 80], // motorway
    [55, 40, 60], // trunk
    [45, 35, 45], // primary
    [38, 32, 38], // secondary
    [32, 28, 32], // tertiary
    [28, 24, 26], // unclassified
    [25, 20, 22], // residential
    [15, 12, 10], // living street
    [16, 12, 12], // service
    [15, 10, 10], // track
    [12, 8, 6],   // path
    [8, 6, 6],    // footway
    [12, 12, 12], // ferry
];

/// Share of the free-flow speed in percent, arterial roads then the others. Rows: night, morning, day, evening.
const SLICE_PERCENT: [[[u32; 2]; 4]; 3] = [
    [[100, 100], [60, 76], [70, 80], [56, 74]], // okada: filters through a jam
    [[100, 100], [52, 74], [68, 80], [48, 70]], // tuk-tuk
    [[100, 100], [42, 62], [55, 70], [38, 58]], // van
];

/// Seconds before a ferry casts off.
pub(super) const FERRY_BOARDING_SECONDS: u32 = 420;

/// Time in a slice per time by night, in thousandths.
pub(crate) fn slowness_permille(profile: Profile, slice: Slice, class: Class) -> u32 {
    if class == Class::Ferry {
        return 1_000;
    }
    let column = usize::from(!class.is_arterial());
    100_000 / SLICE_PERCENT[profile.index()][slice.index()][column]
}

/// Free-flow kilometres an hour; `None` if the vehicle cannot pass for the state of the road.
pub(super) fn free_kmh(profile: Profile, class: Class, tags: &Tags<'_>) -> Option<u32> {
    let table = FREE_KMH[class.index()][profile.index()];
    if class == Class::Ferry {
        return Some(table);
    }
    let percent = surface_percent(profile, class, tags).min(smoothness_percent(profile, tags)?);
    let limit = tags.value("maxspeed").and_then(maxspeed_kmh).unwrap_or(u32::MAX);
    Some((table * percent / 100).min(limit).max(3))
}

fn surface_percent(profile: Profile, class: Class, tags: &Tags<'_>) -> u32 {
    let [okada, tuk_tuk, van] = match tags.value("surface") {
        Some("paving_stones" | "sett" | "bricks" | "concrete:plates" | "metal" | "wood") => {
            [88, 82, 85]
        }
        Some(
            "unpaved" | "compacted" | "gravel" | "fine_gravel" | "pebblestone" | "cobblestone",
        ) => [76, 66, 70],
        Some("dirt" | "earth" | "ground" | "clay" | "soil") => [66, 55, 56],
        Some("mud" | "sand" | "grass" | "rock" | "stepping_stones") => [45, 34, 30],
        _ => [100; 3],
    };
    // The table's speeds for tracks and paths are those of bare earth already.
    if matches!(class, Class::Track | Class::Path | Class::Footway) && okada > 45 {
        return 100;
    }
    [okada, tuk_tuk, van][profile.index()]
}

fn smoothness_percent(profile: Profile, tags: &Tags<'_>) -> Option<u32> {
    let okada = profile == Profile::Okada;
    match tags.value("smoothness") {
        Some("bad") => Some(if okada { 82 } else { 75 }),
        Some("very_bad") => Some(if okada { 65 } else { 50 }),
        Some("horrible") => Some(if okada { 45 } else { 28 }),
        Some("very_horrible") => okada.then_some(30),
        Some("impassable") => None,
        _ => Some(100),
    }
}

/// `50`, `30 mph`, `walk`. Anything else is no limit.
fn maxspeed_kmh(value: &str) -> Option<u32> {
    let (number, per_mille) = match value.strip_suffix("mph") {
        Some(miles) => (miles.trim(), 1_609),
        None if value == "walk" => ("6", 1_000),
        None => (value.strip_suffix("km/h").unwrap_or(value).trim(), 1_000),
    };
    let number: u32 = number.parse().ok().filter(|number| (1..=200).contains(number))?;
    Some((number * per_mille / 1_000).max(5))
}

/// Milliseconds over `decimetres` at free flow.
pub(super) fn free_ms(decimetres: u32, kmh: u32) -> u32 {
    u32::try_from(u64::from(decimetres) * 360 / u64::from(kmh)).unwrap_or(u32::MAX / 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_both_units() {
        assert_eq!(maxspeed_kmh("50"), Some(50));
        assert_eq!(maxspeed_kmh("30 mph"), Some(48));
        assert_eq!(maxspeed_kmh("walk"), Some(6));
        assert_eq!(maxspeed_kmh("KE:urban"), None);
        assert_eq!(maxspeed_kmh("0"), None);
        assert_eq!(maxspeed_kmh("99999999999"), None);
    }

    #[test]
    fn mud_is_worse_than_asphalt_and_a_van_stops_at_the_horrible() {
        let speed = |profile, pairs: &[(&str, &str)]| {
            free_kmh(profile, Class::Residential, &Tags::of(pairs))
        };
        assert_eq!(speed(Profile::Okada, &[]), Some(25));
        assert_eq!(speed(Profile::Okada, &[("surface", "mud")]), Some(11));
        assert_eq!(speed(Profile::Van, &[("maxspeed", "10")]), Some(10));
        assert_eq!(speed(Profile::Van, &[("smoothness", "very_horrible")]), None);
        assert_eq!(speed(Profile::Okada, &[("smoothness", "very_horrible")]), Some(7));
    }

    #[test]
    fn a_kilometre_at_36_kmh_takes_100_seconds() {
        assert_eq!(free_ms(10_000, 36), 100_000);
        assert_eq!(slowness_permille(Profile::Van, Slice::Evening, Class::Trunk), 2_631);
        assert_eq!(slowness_permille(Profile::Van, Slice::Evening, Class::Ferry), 1_000);
    }
}
