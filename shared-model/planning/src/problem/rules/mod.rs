//! The check of a draft. May not mend anything: a value out of range is named, never clamped.

mod fleet;
mod jobs;
mod standing;
mod travel;

use std::collections::BTreeSet;

use super::bounds::{
    COST_MAX, COST_PER_SECOND_MAX, DEPOTS_MAX, JOBS_MAX, LOAD_MAX, NAME_CHARS_MAX, PLACES_MAX,
    SKILLS_MAX, TIME_S_MAX, VEHICLE_TYPES_MAX, VEHICLES_MAX, WINDOWS_MAX,
};
use super::refusal::Findings;
use super::{Dimension, Draft, Load, Point, Problem, Refusals, Rule, Window};

impl Draft {
    /// # Errors
    /// Everything that is wrong with the draft, up to a hundred findings.
    pub fn check(self) -> Result<Problem, Refusals> {
        let mut findings = Findings::default();
        sizes(&self, &mut findings);
        // Indices and loops over pairs rest on the sizes.
        if findings.is_empty() {
            places(&self, &mut findings);
            travel::check(&self, &mut findings);
            fleet::check(&self, &mut findings);
            jobs::check(&self, &mut findings);
            objective(&self, &mut findings);
        }
        if findings.is_empty() {
            standing::check(&self, &mut findings);
        }
        findings.into_result()?;
        Ok(Problem(self))
    }
}

fn sizes(draft: &Draft, findings: &mut Findings) {
    let lists = [
        ("places", draft.places.len(), 1, PLACES_MAX),
        ("profiles", draft.profiles.len(), 1, super::bounds::PROFILES_MAX),
        ("depots", draft.depots.len(), 0, DEPOTS_MAX),
        ("vehicle_types", draft.vehicle_types.len(), 1, VEHICLE_TYPES_MAX),
        ("vehicles", draft.vehicles.len(), 1, VEHICLES_MAX),
        ("jobs", draft.jobs.len(), 0, JOBS_MAX),
        ("skill_names", draft.skill_names.len(), 0, SKILLS_MAX),
    ];
    for (list, len, least, most) in lists {
        if len < least {
            findings.add(Rule::ListEmpty, || list.to_owned(), "");
        }
        if len > most {
            findings.add(Rule::ListTooLong, || list.to_owned(), format_args!("{len} of {most}"));
        }
    }
}

fn places(draft: &Draft, findings: &mut Findings) {
    names("places", draft.places.iter().map(|place| place.name.as_str()), findings);
    names("skill_names", draft.skill_names.iter().map(String::as_str), findings);
    for (index, place) in draft.places.iter().enumerate() {
        if let Some(point) = place.point {
            self::point(point, || format!("places[{index}]"), findings);
        }
    }
}

fn point(point: Point, path: impl Fn() -> String, findings: &mut Findings) {
    if point.lat_e6.unsigned_abs() > 90_000_000 {
        findings.add(Rule::PointOffRange, || path() + ".lat", point.lat_e6);
    }
    if point.lon_e6.unsigned_abs() > 180_000_000 {
        findings.add(Rule::PointOffRange, || path() + ".lon", point.lon_e6);
    }
    if point == (Point { lat_e6: 0, lon_e6: 0 }) {
        findings.add(Rule::PointZero, path, "");
    }
}

fn objective(draft: &Draft, findings: &mut Findings) {
    let objective = &draft.objective;
    let path = |field: &str| format!("objective.{field}");
    let late = objective.late_cost_per_second;
    within(late, COST_PER_SECOND_MAX, || path("late_cost_per_second"), findings);
    let fairness = objective.fairness_cost_per_second;
    within(fairness, COST_PER_SECOND_MAX, || path("fairness_cost_per_second"), findings);
    within(objective.moved_cost, COST_MAX, || path("moved_cost"), findings);
    for (index, &cost) in objective.unserved_cost.iter().enumerate() {
        within(cost, COST_MAX, || path(&format!("unserved_cost[{index}]")), findings);
    }
}

/// A cost from 0 to `most`.
fn within(cost: i64, most: i64, path: impl FnOnce() -> String, findings: &mut Findings) {
    if !(0..=most).contains(&cost) {
        findings.add(Rule::CostOffRange, path, format_args!("{cost}, limit {most}"));
    }
}

fn names<'a>(list: &str, names: impl Iterator<Item = &'a str>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        let path = || format!("{list}[{index}].name");
        if name.trim().is_empty() {
            findings.add(Rule::NameEmpty, path, "");
        } else if name.chars().count() > NAME_CHARS_MAX {
            findings.add(Rule::NameTooLong, path, "");
        } else if !seen.insert(name) {
            findings.add(Rule::NameRepeated, path, name);
        }
    }
}

fn index(index: usize, len: usize, path: impl FnOnce() -> String, findings: &mut Findings) -> bool {
    let sound = index < len;
    if !sound {
        findings.add(Rule::IndexDangling, path, format_args!("{index} of {len}"));
    }
    sound
}

fn time(at_s: i64, path: impl FnOnce() -> String, findings: &mut Findings) {
    if !(0..=TIME_S_MAX).contains(&at_s) {
        findings.add(Rule::TimeOffRange, path, at_s);
    }
}

fn window(window: Window, path: impl Fn() -> String, findings: &mut Findings) {
    time(window.from_s, || path() + ".from_s", findings);
    time(window.to_s, || path() + ".to_s", findings);
    if window.to_s < window.from_s {
        findings.add(
            Rule::WindowInverted,
            path,
            format_args!("{} to {}", window.from_s, window.to_s),
        );
    }
}

fn windows(list: &[Window], path: impl Fn() -> String, findings: &mut Findings) {
    if list.is_empty() {
        findings.add(Rule::ListEmpty, &path, "");
    }
    if list.len() > WINDOWS_MAX {
        let found = format_args!("{} of {WINDOWS_MAX}", list.len()).to_string();
        findings.add(Rule::ListTooLong, &path, found);
    }
    for (index, &one) in list.iter().enumerate().take(WINDOWS_MAX) {
        window(one, || format!("{}[{index}]", path()), findings);
    }
    if list.windows(2).any(|pair| pair[1].from_s <= pair[0].to_s) {
        findings.add(Rule::WindowsOverlap, path, "");
    }
}

fn load(load: Load, path: impl Fn() -> String, findings: &mut Findings) {
    for dimension in Dimension::ALL {
        let amount = load.of(dimension);
        if !(0..=LOAD_MAX).contains(&amount) {
            findings.add(Rule::LoadOffRange, || format!("{}.{}", path(), dimension.name()), amount);
        }
    }
}
