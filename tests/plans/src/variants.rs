//! The plain problem with one real constraint switched on, made from a benchmark's instance. May not
//! solve. Whatever is asked, every job can still be served by a vehicle of its own.

use planning::problem::{
    Break, Cell, DepotIx, Draft, Load, Matrix, Problem, Refusals, Slice, TypeIx, VehicleType,
    Window,
};

/// Everything that a variant may add, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Plain,
    Breaks,
    Reload,
    Slices,
    MixedFleet,
    All,
}

impl Variant {
    /// The name in the sample.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "plain" => Self::Plain,
            "breaks" => Self::Breaks,
            "reload" => Self::Reload,
            "slices" => Self::Slices,
            "fleet" => Self::MixedFleet,
            "all" => Self::All,
            _ => return None,
        })
    }
}

/// # Errors
/// When the changed problem is refused.
pub(crate) fn with(problem: Problem, variant: Variant) -> Result<Problem, Refusals> {
    let mut draft = problem.into_draft();
    let has = |part| variant == part || variant == Variant::All;
    if has(Variant::MixedFleet) {
        mix_fleet(&mut draft);
    }
    if has(Variant::Reload) {
        reload(&mut draft);
    }
    if has(Variant::Slices) {
        slice_day(&mut draft);
    }
    if has(Variant::Breaks) {
        owe_breaks(&mut draft);
    }
    draft.check()
}

fn horizon_s(draft: &Draft) -> i64 {
    draft.vehicles.first().map_or(0, |vehicle| vehicle.shift.to_s)
}

/// Everybody rests a thirtieth of the day in the middle fifth of it.
fn owe_breaks(draft: &mut Draft) {
    let day_s = horizon_s(draft);
    let middle = Window { from_s: day_s * 2 / 5, to_s: day_s * 3 / 5 };
    for vehicle in &mut draft.vehicles {
        vehicle.breaks = vec![Break { windows: vec![middle], duration_s: day_s / 30 }];
    }
}

/// Vehicles take three fifths of what they took, and may load again twice; loading takes a hundredth of the day
/// from the second time on.
fn reload(draft: &mut Draft) {
    for kind in &mut draft.vehicle_types {
        kind.capacity = shrunk(kind.capacity, 3, 5);
        kind.trips_max = 3;
    }
    for vehicle in &mut draft.vehicles {
        vehicle.reload_depots = vec![DepotIx(0)];
    }
}

fn shrunk(load: Load, of: i64, parts: i64) -> Load {
    let Load(amounts) = load;
    Load(amounts.map(|amount| if amount > 1 { (amount * of / parts).max(1) } else { amount }))
}

/// Four slices: two rush hours at the speed of the plain problem, and a fifth and a tenth faster at other times.
fn slice_day(draft: &mut Draft) {
    let day_s = horizon_s(draft);
    for profile in &mut draft.profiles {
        let rush = profile.slices[0].seconds.clone();
        let faster = |percent: i64| {
            let cells = rush.cells().iter().map(|cell| scaled(*cell, percent)).collect();
            Matrix::new(rush.side(), cells)
        };
        let (Some(morning), Some(noon)) = (faster(90), faster(80)) else { continue };
        profile.slices = vec![
            Slice { from_s: 0, seconds: morning },
            Slice { from_s: day_s / 5, seconds: rush.clone() },
            Slice { from_s: day_s * 2 / 5, seconds: noon },
            Slice { from_s: day_s * 7 / 10, seconds: rush },
        ];
    }
}

fn scaled(cell: Cell, percent: i64) -> Cell {
    let shorter = cell.amount().map(|amount| amount * percent / 100);
    shorter.and_then(|amount| Cell::new(u32::try_from(amount).ok()?)).unwrap_or(Cell::UNREACHABLE)
}

/// Every other vehicle becomes smaller and cheaper: vans, tuk-tuks at three fifths of the load and three quarters of
/// the cost, okadas at three tenths of the load and half of it. To leave costs as much as an average leg.
fn mix_fleet(draft: &mut Draft) {
    let Some(van) = draft.vehicle_types.first().cloned() else { return };
    let leg = average_leg(draft);
    let kind = |name: &str, load: i64, cost: i64| VehicleType {
        name: name.to_owned(),
        capacity: shrunk(van.capacity, load, 10),
        cost_fixed: leg * cost,
        cost_per_metre: van.cost_per_metre * cost,
        ..van.clone()
    };
    draft.vehicle_types = vec![kind("van", 10, 20), kind("tuk-tuk", 6, 15), kind("okada", 3, 10)];
    for (number, vehicle) in (0..).zip(&mut draft.vehicles) {
        vehicle.vehicle_type = TypeIx(number % 3);
    }
}

fn average_leg(draft: &Draft) -> i64 {
    let cells = draft.profiles[0].metres.cells();
    let sum: i64 = cells.iter().filter_map(|cell| cell.amount()).sum();
    sum / i64::try_from(cells.len().max(1)).unwrap_or(i64::MAX)
}
