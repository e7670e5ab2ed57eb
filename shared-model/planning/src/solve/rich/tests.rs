//! What the prices in constant time must hold on routes of every kind: a price that is named can be driven, where the
//! speed does not change and nothing has several windows it is what the line then costs, and what bounds a cost from
//! below is never above it.

use super::line::Line;
use super::quick::Look;
use super::trips::least_of;
use super::*;
use crate::problem::{
    Break, Cell, Depot, DepotIx, Draft, End, Job, Kind, Load, Matrix, Objective, Place, PlaceIx,
    ProfileIx, Skills, Slice, Source, Start, TravelProfile, TypeIx, Vehicle, VehicleType, Visit,
    Window,
};
use crate::solve::compile::compile;
use crate::solve::random::Random;

const JOBS: usize = 12;
const DAY_S: i64 = 20_000;

/// A depot's day by lot: hours, cash, returns, reloads, a break, time that costs; slices where asked.
fn day(random: &mut Random, slices: bool) -> Problem {
    let mut range =
        |least: i64, most: i64| least + i64::from(random.below((most - least + 1) as u32));
    let side = JOBS + 1;
    let points: Vec<(i64, i64)> = (0..side).map(|_| (range(0, 600), range(0, 600))).collect();
    let table = |percent: i64| {
        let way = |a: &(i64, i64), b: &(i64, i64)| {
            let amount = ((a.0 - b.0).abs() + (a.1 - b.1).abs()) * percent / 100;
            Cell::new(amount as u32).expect("a short way")
        };
        let cells = points.iter().flat_map(|a| points.iter().map(move |b| way(a, b))).collect();
        Matrix::new(side, cells).expect("a square")
    };
    let mut times = vec![Slice { from_s: 0, seconds: table(100) }];
    if slices {
        times.push(Slice { from_s: 4_000, seconds: table(range(50, 200)) });
        times.push(Slice { from_s: 9_000, seconds: table(range(50, 200)) });
    }
    let rest = Break { windows: vec![Window { from_s: 3_000, to_s: 9_000 }], duration_s: 700 };
    let vehicle = |at: usize| Vehicle {
        name: format!("vehicle {at}"),
        vehicle_type: TypeIx(0),
        shift: Window { from_s: 0, to_s: DAY_S },
        start: Start::Depot(DepotIx(0)),
        end: End::Depot(DepotIx(0)),
        skills: Skills::NONE,
        breaks: if at.is_multiple_of(2) { vec![rest.clone()] } else { Vec::new() },
        reload_depots: vec![DepotIx(0)],
    };
    let vehicles = (0..4).map(vehicle).collect();
    let vehicle_type = VehicleType {
        name: "van".to_owned(),
        profile: ProfileIx(0),
        capacity: Load([range(12, 40), 40, 40, range(20, 60)]),
        cost_fixed: 300,
        cost_per_metre: 3,
        cost_per_second: range(0, 2),
        metres_max: None,
        duration_s_max: None,
        trips_max: 4,
        jobs_max: None,
    };
    let jobs = (1..side).map(|at| job(&mut range, at)).collect();
    let place = |at| Place { name: format!("place {at}"), point: None };
    let depot = Depot {
        name: "depot".to_owned(),
        place: PlaceIx(0),
        window: Window::ALWAYS,
        loading_s: 100,
    };
    let draft = Draft {
        places: (0..side).map(place).collect(),
        profiles: vec![TravelProfile {
            name: "streets".to_owned(),
            source: Source::Given,
            slices: times,
            metres: table(100),
        }],
        depots: vec![depot],
        vehicle_types: vec![vehicle_type],
        vehicles,
        jobs,
        objective: Objective::default(),
        ..Draft::default()
    };
    draft.check().expect("a sound day")
}

fn job(range: &mut impl FnMut(i64, i64) -> i64, at: usize) -> Job {
    let from_s = range(0, 8_000);
    let late_s = if range(0, 3) == 0 { DAY_S } else { from_s + range(2_000, 6_000) };
    let mut windows = vec![Window { from_s, to_s: late_s.min(DAY_S) }];
    if late_s < DAY_S - 3_000 && range(0, 3) == 0 {
        windows.push(Window { from_s: late_s + 500, to_s: late_s + 2_000 });
    }
    let visit = Visit { place: PlaceIx::of(at), windows, service_s: range(20, 120) };
    let is_return = range(0, 4) == 0;
    let deliver = Load([if is_return { 0 } else { range(1, 9) }, 0, 0, 0]);
    let collect = Load([if is_return { range(1, 9) } else { 0 }, 0, 0, range(0, 15)]);
    Job::required(&format!("job {at}"), Kind::Visit { visit, deliver, collect, backhaul: false })
}

/// An order by lot, as far as it can be driven.
fn some_order(rich: &Rich, route: u16, random: &mut Random, scratch: &mut Scratch) -> Vec<u16> {
    let mut order: Vec<u16> = Vec::new();
    for node in 0..JOBS as u16 {
        let mut longer = order.clone();
        longer.insert(random.below(order.len() as u32 + 1) as usize, node);
        let Scratch { layers, vias, line, trips, .. } = scratch;
        let is_out = random.below(3) == 0;
        if !is_out && rich.work_out(route, &longer, layers, (vias, line, trips)).is_some() {
            order = longer;
        }
    }
    order
}

/// Every place of every job that is not in an order by lot; counts what was looked at and had a price.
fn check_days(slices: bool) -> (usize, usize) {
    let (mut looked_at, mut priced) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let problem = day(&mut random, slices);
        let compiled = compile(&problem);
        let rich = Rich::new(&problem, &compiled);
        let mut scratch = Scratch::default();
        for route in 0..4 {
            let order = some_order(&rich, route, &mut random, &mut scratch);
            if order.is_empty() {
                continue;
            }
            let Scratch { layers, vias, line, trips, .. } = &mut scratch;
            rich.work_out(route, &order, layers, (vias, line, trips)).expect("it can be driven");
            assert!(
                least_of(rich.order(route, &order, &[])) <= line.cost,
                "seed {seed}: {order:?}"
            );
            let absent: Vec<u16> = (0..JOBS as u16).filter(|node| !order.contains(node)).collect();
            for (node, after) in
                absent.iter().flat_map(|&node| (0..=order.len()).map(move |after| (node, after)))
            {
                looked_at += 1;
                let what =
                    format!("seed {seed}, route {route}, {node} behind {after} of {order:?}");
                priced += usize::from(check_place(
                    &rich,
                    route,
                    &order,
                    (node, after),
                    (vias, line),
                    &what,
                ));
            }
        }
    }
    (looked_at, priced)
}

/// Whether there was a price.
fn check_place(
    rich: &Rich,
    route: u16,
    order: &[u16],
    (node, after): (u16, usize),
    (vias, line): (&[Via], &Line),
    what: &str,
) -> bool {
    let stop = &rich.ground.stops[usize::from(node)];
    let step = rich.step(route);
    let room = Room { step, stop, after, is_empty: false, has_releases: false };
    let Look::Price(price) = line.look(room, NEVER) else { return false };
    let mut longer = order.to_vec();
    longer.insert(after, node);
    let mut vias = vias.to_vec();
    assert!(line.insert(room, &mut vias), "{what}");
    let mut driven = Line::default();
    driven
        .work_out(rich.order(route, &longer, &vias))
        .unwrap_or_else(|why| panic!("{what}: {why:?}"));
    // Of several windows, a later begin may come to another one than the span knows.
    let has_one_window = |node: &u16| rich.ground.stops[usize::from(*node)].windows.len() == 1;
    if !step.ways.changes() && longer.iter().all(has_one_window) {
        assert_eq!(line.cost + price, driven.cost, "{what}");
    }
    // An estimate is refused from its own price on, and not below.
    assert_eq!(line.look(room, price), Look::Never, "{what}");
    assert_eq!(line.look(room, price + 1), Look::Price(price), "{what}");
    true
}

#[test]
fn a_price_is_what_the_line_then_costs() {
    let (looked_at, priced) = check_days(false);
    assert!(priced * 5 > looked_at && looked_at > priced, "{priced} of {looked_at}");
}

#[test]
fn a_price_can_be_driven_through_slices() {
    let (looked_at, priced) = check_days(true);
    assert!(priced * 5 > looked_at && looked_at > priced, "{priced} of {looked_at}");
}
