//! Who follows whom: the routes as linked lists over visits, with a start and an end node for each vehicle.
//! It keeps order only; times, loads and costs are the evaluator's.

use super::compiled::{Compiled, NONE};

/// A node's place in the order, small enough that a thousand stops stay in the first-level cache.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    pub pred: u16,
    pub succ: u16,
    /// `NONE` while the visit is in no route.
    pub route: u16,
    pub place: u16,
}

#[derive(Debug, Clone)]
pub struct Tours {
    pub links: Vec<Link>,
    /// Visits in each route.
    pub size: Vec<u16>,
    /// Class of each route's vehicle.
    pub class: Vec<u16>,
    visits: u16,
}

impl Tours {
    /// Every vehicle at its start and no visit planned.
    pub fn new(compiled: &Compiled) -> Self {
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
        Self {
            links,
            size: vec![0; compiled.vehicles.len()],
            class: compiled.vehicles.clone(),
            visits,
        }
    }

    #[inline]
    pub fn routes(&self) -> u16 {
        self.size.len() as u16
    }

    #[inline]
    pub fn start(&self, route: u16) -> u16 {
        self.visits + 2 * route
    }

    #[inline]
    pub fn end(&self, route: u16) -> u16 {
        self.visits + 2 * route + 1
    }

    #[inline]
    pub fn is_visit(&self, node: u16) -> bool {
        node < self.visits
    }

    #[inline]
    pub fn link(&self, node: u16) -> Link {
        self.links[node as usize]
    }

    #[inline]
    pub fn succ(&self, node: u16) -> u16 {
        self.links[node as usize].succ
    }

    #[inline]
    pub fn pred(&self, node: u16) -> u16 {
        self.links[node as usize].pred
    }

    /// Puts an unplanned `node` right after `pred`.
    #[inline]
    pub fn insert_after(&mut self, pred: u16, node: u16) {
        let Link { succ, route, .. } = self.link(pred);
        let link = &mut self.links[node as usize];
        debug_assert_eq!(link.route, NONE);
        (link.pred, link.succ, link.route) = (pred, succ, route);
        self.links[pred as usize].succ = node;
        self.links[succ as usize].pred = node;
        self.size[route as usize] += 1;
    }

    /// Takes a planned `node` out of its route.
    #[inline]
    pub fn remove(&mut self, node: u16) {
        let Link { pred, succ, route, .. } = self.link(node);
        debug_assert_ne!(route, NONE);
        self.links[pred as usize].succ = succ;
        self.links[succ as usize].pred = pred;
        self.links[node as usize].route = NONE;
        self.size[route as usize] -= 1;
    }

    /// Makes `route` consist of `nodes` in this order, whatever it held before.
    pub fn relink(&mut self, route: u16, nodes: &[u16]) {
        let mut pred = self.start(route);
        for &node in nodes {
            self.links[pred as usize].succ = node;
            let link = &mut self.links[node as usize];
            (link.pred, link.route) = (pred, route);
            pred = node;
        }
        let end = self.end(route);
        self.links[pred as usize].succ = end;
        self.links[end as usize].pred = pred;
        self.size[route as usize] = nodes.len() as u16;
    }

    /// The visits of `route` in order.
    pub fn visits(&self, route: u16) -> impl Iterator<Item = u16> + '_ {
        let end = self.end(route);
        let mut node = self.start(route);
        std::iter::from_fn(move || {
            node = self.succ(node);
            (node != end).then_some(node)
        })
    }
}
