//! Evaluator of problems whose schedule needs no simulation: one window per visit, travel that does not depend on the
//! time of day, no breaks and no reloads. Every insertion is tested in constant time.
//! It may not be asked about problems with more than that.

mod insertion;
mod schedule;

use super::{
    compiled::{Compiled, LOADS},
    evaluator::{Evaluator, PairPlace},
    tours::Tours,
};

/// Earliest departure from, and latest start of service at, a node (Savelsbergh 1992, "The vehicle routing problem with
/// time windows: minimizing route duration"), with the way to the next.
#[derive(Debug, Clone, Copy, Default)]
struct Stop {
    depart: i32,
    latest: i32,
    leg_metres: i32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    open: i32,
    close: i32,
    service: i32,
}

/// On board when leaving a node, and the most of it up to and from there.
#[derive(Debug, Clone, Copy)]
struct Aboard<const D: usize> {
    now: [i32; D],
    peak_to: [i32; D],
    peak_from: [i32; D],
}

/// A sequence of nodes as one: how long it takes at least, and the departures between which it takes that long
/// (Vidal et al. 2013, "A hybrid genetic algorithm with adaptive diversity management", section 4.3).
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    duration: i32,
    earliest: i32,
    latest: i32,
}

impl Span {
    /// `self`, then `travel` seconds, then `next`; `None` when no departure keeps every window.
    #[inline]
    fn then(self, travel: i32, next: Span) -> Option<Span> {
        let shift = self.duration + travel;
        if self.earliest + shift > next.latest {
            return None;
        }
        let wait = (next.earliest - shift - self.latest).max(0);
        Some(Span {
            duration: shift + next.duration + wait,
            earliest: (next.earliest - shift).max(self.earliest) - wait,
            latest: (next.latest - shift).min(self.latest),
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Route<const D: usize> {
    /// Capacity left, when loads are of one direction only.
    free: [i32; D],
    capacity: [i32; D],
    cost_per_metre: i64,
    cost_fixed: i64,
    travel: u16,
    metres: i64,
    cost: i64,
}

/// `D`: load dimensions in use. `MIXED`: loads go both ways or between visits, so that the place in the route matters.
/// `DURATION`: time on the road costs or is bounded.
#[derive(Debug, Clone)]
pub(crate) struct Simple<const D: usize, const MIXED: bool, const DURATION: bool> {
    stops: Vec<Stop>,
    windows: Vec<Window>,
    aboard: Vec<Aboard<D>>,
    heads: Vec<Span>,
    tails: Vec<Span>,
    routes: Vec<Route<D>>,
    /// On board from the route's start because of this visit, and what it changes when served.
    initial: Vec<[i32; D]>,
    change: Vec<[i32; D]>,
    backhaul: Vec<bool>,
    backhauls: bool,
    saved_stops: Vec<Stop>,
    saved_aboard: Vec<Aboard<D>>,
    saved_heads: Vec<Span>,
    saved_tails: Vec<Span>,
    saved_routes: Vec<Route<D>>,
}

fn first<const D: usize>(loads: &[i32; LOADS]) -> [i32; D] {
    std::array::from_fn(|d| loads[d])
}

#[inline]
fn plus<const D: usize>(a: [i32; D], b: [i32; D]) -> [i32; D] {
    std::array::from_fn(|d| a[d] + b[d])
}

#[inline]
fn most<const D: usize>(a: [i32; D], b: [i32; D]) -> [i32; D] {
    std::array::from_fn(|d| a[d].max(b[d]))
}

#[inline]
fn within<const D: usize>(a: [i32; D], b: [i32; D]) -> bool {
    a.iter().zip(&b).all(|(a, b)| a <= b)
}

impl<const D: usize, const MIXED: bool, const DURATION: bool> Simple<D, MIXED, DURATION> {
    pub(crate) fn new(compiled: &Compiled, tours: &Tours) -> Self {
        let nodes = tours.links.len();
        let mut windows: Vec<Window> = compiled
            .visits
            .iter()
            .map(|v| Window { open: v.open, close: v.close, service: v.service })
            .collect();
        let zero = [0; D];
        let (mut initial, mut change) = (Vec::new(), Vec::new());
        for visit in &compiled.visits {
            let (deliver, collect) = (first(&visit.deliver), first::<D>(&visit.collect));
            let pair = compiled.is_pair(visit.job);
            initial.push(if pair { zero } else { deliver });
            change.push(std::array::from_fn(|d| collect[d] - deliver[d]));
        }
        let mut routes = Vec::new();
        for &class in &compiled.vehicles {
            let class = &compiled.classes[class as usize];
            windows.extend([
                Window { open: class.open, close: class.start_close, service: class.loading },
                Window { open: 0, close: class.close, service: 0 },
            ]);
            let capacity = first(&class.capacity);
            routes.push(Route {
                free: capacity,
                capacity,
                cost_per_metre: class.cost_per_metre,
                cost_fixed: class.cost_fixed,
                travel: class.travel,
                metres: 0,
                cost: 0,
            });
        }
        initial.resize(nodes, zero);
        change.resize(nodes, zero);
        let mut backhaul: Vec<bool> = compiled.visits.iter().map(|v| v.backhaul).collect();
        let backhauls = backhaul.contains(&true);
        backhaul.resize(nodes, false);
        let aboard = Aboard { now: zero, peak_to: zero, peak_from: zero };
        let spans = if DURATION { nodes } else { 0 };
        let mut simple = Self {
            stops: vec![Stop::default(); nodes],
            windows,
            aboard: vec![aboard; if MIXED { nodes } else { 0 }],
            heads: vec![Span::default(); spans],
            tails: vec![Span::default(); spans],
            routes,
            initial,
            change,
            backhaul,
            backhauls,
            saved_stops: Vec::new(),
            saved_aboard: Vec::new(),
            saved_heads: Vec::new(),
            saved_tails: Vec::new(),
            saved_routes: Vec::new(),
        };
        for route in 0..tours.routes() {
            simple.refresh(compiled, tours, route);
        }
        simple
    }
}

impl<const D: usize, const MIXED: bool, const DURATION: bool> Evaluator
    for Simple<D, MIXED, DURATION>
{
    const STEPS_PER_LOOK: u32 = 16;

    fn refresh(&mut self, compiled: &Compiled, tours: &Tours, route: u16) -> i64 {
        let start = tours.start(route);
        let first = tours.succ(start);
        self.forward(compiled, tours, route, first, None);
        self.backward(compiled, tours, route, tours.end(route), None);
        self.loads(tours, route);
        self.metres(tours, route);
        self.cost(compiled, tours, route)
    }

    fn inserted(&mut self, compiled: &Compiled, tours: &Tours, route: u16, node: u16) -> i64 {
        let pred = tours.pred(node) as usize;
        let leg_before = self.stops[pred].leg_metres;
        self.forward(compiled, tours, route, node, Some(node));
        self.backward(compiled, tours, route, node, Some(node));
        let legs = self.stops[pred].leg_metres + self.stops[node as usize].leg_metres;
        self.routes[route as usize].metres += i64::from(legs - leg_before);
        if MIXED {
            self.loads(tours, route);
        } else {
            let load = self.one_way_load(node);
            let free = &mut self.routes[route as usize].free;
            *free = std::array::from_fn(|d| free[d] - load[d]);
        }
        self.cost(compiled, tours, route)
    }

    #[inline(always)]
    fn insertion(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        node: u16,
        below: i64,
    ) -> i64 {
        self.insert_one(compiled, tours, pred, node, below)
    }

    #[inline(always)]
    fn has_room(&self, tours: &Tours, pred: u16, node: u16) -> bool {
        MIXED || self.one_way_load_fits(tours.link(pred).route, node)
    }

    #[inline]
    fn pair_insertion(
        &self,
        compiled: &Compiled,
        tours: &Tours,
        pred: u16,
        pair: (u16, u16),
        below: i64,
    ) -> PairPlace {
        self.insert_pair(compiled, tours, pred, pair, below)
    }

    fn save(&mut self, tours: &Tours, route: u16) {
        let nodes = std::iter::once(tours.start(route))
            .chain(tours.visits(route))
            .chain([tours.end(route)]);
        for node in nodes.map(usize::from) {
            self.saved_stops.push(self.stops[node]);
            if MIXED {
                self.saved_aboard.push(self.aboard[node]);
            }
            if DURATION {
                self.saved_heads.push(self.heads[node]);
                self.saved_tails.push(self.tails[node]);
            }
        }
        self.saved_routes.push(self.routes[route as usize]);
    }

    fn restore(&mut self, tours: &Tours, route: u16) {
        let count = tours.size[route as usize] as usize + 2;
        let from = self.saved_stops.len() - count;
        let nodes = std::iter::once(tours.start(route))
            .chain(tours.visits(route))
            .chain([tours.end(route)]);
        for (place, node) in nodes.map(usize::from).enumerate() {
            self.stops[node] = self.saved_stops[from + place];
            if MIXED {
                self.aboard[node] = self.saved_aboard[from + place];
            }
            if DURATION {
                self.heads[node] = self.saved_heads[from + place];
                self.tails[node] = self.saved_tails[from + place];
            }
        }
        self.saved_stops.truncate(from);
        if MIXED {
            self.saved_aboard.truncate(from);
        }
        if DURATION {
            self.saved_heads.truncate(from);
            self.saved_tails.truncate(from);
        }
        if let Some(saved) = self.saved_routes.pop() {
            self.routes[route as usize] = saved;
        }
    }

    fn forget(&mut self) {
        self.saved_stops.clear();
        self.saved_aboard.clear();
        self.saved_heads.clear();
        self.saved_tails.clear();
        self.saved_routes.clear();
    }

    fn may_follow(&self, compiled: &Compiled, tours: &Tours, head: u16, tail: u16) -> bool {
        let (from, to) = (tours.link(head), tours.link(tail));
        let travel = &compiled.travel[self.routes[from.route as usize].travel as usize];
        let way = travel.way(from.place, to.place).seconds;
        self.stops[head as usize].depart + way <= self.stops[tail as usize].latest
    }

    fn start_s(&self, compiled: &Compiled, tours: &Tours, route: u16, nodes: &[u16]) -> i64 {
        let span = self.span_of(compiled, tours, route, nodes).map(|(span, _)| span);
        span.map_or(0, |span| i64::from(span.earliest))
    }

    fn price_of(&mut self, compiled: &Compiled, tours: &Tours, route: u16, nodes: &[u16]) -> i64 {
        self.price_order(compiled, tours, route, nodes)
    }
}
