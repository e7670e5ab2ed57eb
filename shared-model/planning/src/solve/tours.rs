//! Who follows whom: the routes as linked lists over visits, with a start and an end node for each vehicle.
//! It keeps order only; times, loads and costs are the evaluator's.

use super::compiled::{Compiled, NONE};

/// A node's place in the order, small enough that a thousand stops stay in the first-level cache.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    pub pred: u16,
    pub succ: u16,
    /// `NONE` while the visit is in no route.
    pub route: u16,
    pub place: u16,
}

/// Way in and out of a visit that is in no route: so short that no position next to it is ever worth a look.
pub(crate) const ABSENT_LEG: i32 = -(1 << 30);

#[derive(Debug, Clone)]
pub(crate) struct Tours {
    pub links: Vec<Link>,
    /// Way (`Compiled::ways`) from each node to its successor and from its predecessor.
    pub leg_out: Vec<i32>,
    pub leg_in: Vec<i32>,
    /// Visits in each route.
    pub size: Vec<u16>,
    /// Class of each route's vehicle.
    pub class: Vec<u16>,
    visits: u16,
}

impl Tours {
    /// Every vehicle at its start and no visit planned.
    pub(crate) fn new(compiled: &Compiled) -> Self {
        let visits = compiled.visits.len() as u16;
        let mut links: Vec<Link> = compiled
            .visits
            .iter()
            .map(|visit| Link { pred: NONE, succ: NONE, route: NONE, place: visit.place })
            .collect();
        for (route, &class) in compiled.vehicles.iter().enumerate() {
            let class = &compiled.classes[class as usize];
            let start = links.len() as u16;
            let route = route as u16;
            links.push(Link { pred: NONE, succ: start + 1, route, place: class.start });
            links.push(Link { pred: start, succ: NONE, route, place: class.end });
        }
        let mut tours = Self {
            leg_out: vec![ABSENT_LEG; links.len()],
            leg_in: vec![ABSENT_LEG; links.len()],
            links,
            size: vec![0; compiled.vehicles.len()],
            class: compiled.vehicles.clone(),
            visits,
        };
        for route in 0..tours.routes() {
            tours.measure(compiled, tours.start(route));
        }
        tours
    }

    /// Takes the way from `node` to its successor anew.
    #[inline]
    fn measure(&mut self, compiled: &Compiled, node: u16) {
        let Link { succ, place, .. } = self.link(node);
        let way = compiled.way(place, self.link(succ).place);
        self.leg_out[node as usize] = way;
        self.leg_in[succ as usize] = way;
    }

    #[inline]
    pub(crate) fn routes(&self) -> u16 {
        self.size.len() as u16
    }

    #[inline]
    pub(crate) fn start(&self, route: u16) -> u16 {
        self.visits + 2 * route
    }

    #[inline]
    pub(crate) fn end(&self, route: u16) -> u16 {
        self.visits + 2 * route + 1
    }

    #[inline]
    pub(crate) fn is_visit(&self, node: u16) -> bool {
        node < self.visits
    }

    #[inline]
    pub(crate) fn link(&self, node: u16) -> Link {
        self.links[node as usize]
    }

    #[inline]
    pub(crate) fn succ(&self, node: u16) -> u16 {
        self.links[node as usize].succ
    }

    #[inline]
    pub(crate) fn pred(&self, node: u16) -> u16 {
        self.links[node as usize].pred
    }

    /// Puts an unplanned `node` right after `pred`.
    #[inline]
    pub(crate) fn insert_after(&mut self, compiled: &Compiled, pred: u16, node: u16) {
        let Link { succ, route, .. } = self.link(pred);
        let link = &mut self.links[node as usize];
        debug_assert_eq!(link.route, NONE);
        (link.pred, link.succ, link.route) = (pred, succ, route);
        self.links[pred as usize].succ = node;
        self.links[succ as usize].pred = node;
        self.size[route as usize] += 1;
        self.measure(compiled, pred);
        self.measure(compiled, node);
    }

    /// Takes a planned `node` out of its route.
    #[inline]
    pub(crate) fn remove(&mut self, compiled: &Compiled, node: u16) {
        let Link { pred, succ, route, .. } = self.link(node);
        debug_assert_ne!(route, NONE);
        self.links[pred as usize].succ = succ;
        self.links[succ as usize].pred = pred;
        self.size[route as usize] -= 1;
        self.measure(compiled, pred);
        self.forget(node);
    }

    /// Notes that `node` is in no route.
    #[inline]
    pub(crate) fn forget(&mut self, node: u16) {
        self.links[node as usize].route = NONE;
        self.leg_out[node as usize] = ABSENT_LEG;
        self.leg_in[node as usize] = ABSENT_LEG;
    }

    /// Makes `route` consist of `nodes` in this order, whatever it held before.
    pub(crate) fn relink(&mut self, compiled: &Compiled, route: u16, nodes: &[u16]) {
        let mut pred = self.start(route);
        for &node in nodes.iter().chain([&self.end(route)]) {
            self.links[pred as usize].succ = node;
            let link = &mut self.links[node as usize];
            (link.pred, link.route) = (pred, route);
            self.measure(compiled, pred);
            pred = node;
        }
        self.size[route as usize] = nodes.len() as u16;
    }

    /// As `relink`, with the ways known: from the start, then from each node.
    pub(crate) fn relink_measured(&mut self, route: u16, nodes: &[u16], legs: &[i32]) {
        let mut pred = self.start(route);
        for (&node, &leg) in nodes.iter().chain([&self.end(route)]).zip(legs) {
            self.links[pred as usize].succ = node;
            let link = &mut self.links[node as usize];
            (link.pred, link.route) = (pred, route);
            self.leg_out[pred as usize] = leg;
            self.leg_in[node as usize] = leg;
            pred = node;
        }
        self.size[route as usize] = nodes.len() as u16;
    }

    /// The visits of `route` in order.
    pub(crate) fn visits(&self, route: u16) -> impl Iterator<Item = u16> + '_ {
        let end = self.end(route);
        let mut node = self.start(route);
        std::iter::from_fn(move || {
            node = self.succ(node);
            (node != end).then_some(node)
        })
    }
}
