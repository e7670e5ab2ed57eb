//! The search's present plan, with what is needed to take a step back and to remember the best plan seen.
//! It changes routes when told to and judges nothing.

use super::{
    compiled::{Compiled, NONE},
    evaluator::Evaluator,
    tours::Tours,
};

/// A route as it was when the step began.
#[derive(Debug, Clone, Copy)]
struct Before {
    route: u16,
    cost: i64,
    nodes_from: u32,
}

#[derive(Debug)]
pub(crate) struct State<'a, E> {
    pub compiled: &'a Compiled,
    pub tours: Tours,
    pub evaluator: E,
    /// Cost of each route, and of everything with the price of what is left out.
    pub route_cost: Vec<i64>,
    pub cost: i64,
    /// Part of `cost` that belongs to no route alone.
    shared_cost: i64,
    /// Jobs that can be planned.
    pub open_count: usize,
    /// Jobs in no route.
    pub absent: Vec<u16>,
    /// Routes changed by this step, in the order of their first change.
    before: Vec<Before>,
    before_nodes: Vec<u16>,
    before_legs: Vec<i32>,
    absent_before: Vec<u16>,
    cost_before: i64,
    step: u32,
    touched_in: Vec<u32>,
    /// Routes with and without visits; the latter one stack per class.
    pub used: Vec<u16>,
    used_place: Vec<u16>,
    /// Per class, a bit for each of its empty routes.
    empty: Vec<EmptyRoutes>,
    best: Routes,
    /// Routes changed since the best plan was written down.
    unsaved: Vec<u16>,
    is_unsaved: Vec<bool>,
}

/// The empty routes of one class, lowest number first, so that the choice among equals is always the same.
#[derive(Debug, Clone, Default)]
struct EmptyRoutes {
    words: Vec<u64>,
}

impl EmptyRoutes {
    #[inline]
    fn set(&mut self, route: u16, is_empty: bool) {
        let (word, bit) = (route as usize / 64, 1u64 << (route % 64));
        if is_empty {
            self.words[word] |= bit;
        } else {
            self.words[word] &= !bit;
        }
    }

    #[inline]
    fn first(&self) -> Option<u16> {
        let word = self.words.iter().position(|word| *word != 0)?;
        Some((word * 64) as u16 + self.words[word].trailing_zeros() as u16)
    }
}

/// A plan: nodes of each route in order, jobs in none, and what it costs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    pub cost: i64,
    pub routes: Vec<Vec<u16>>,
    pub absent: Vec<u16>,
}

impl<'a, E: Evaluator> State<'a, E> {
    /// Nothing planned yet.
    pub(crate) fn new(compiled: &'a Compiled, tours: Tours, evaluator: E) -> Self {
        let routes = tours.size.len();
        let absent: Vec<u16> = compiled.open_jobs().collect();
        let unserved: i64 = absent.iter().map(|&job| compiled.jobs[job as usize].unserved).sum();
        let shared_cost = evaluator.shared_cost(&[]);
        let cost = unserved + evaluator.base_cost() + shared_cost;
        let mut empty =
            vec![EmptyRoutes { words: vec![0; routes.div_ceil(64)] }; compiled.classes.len()];
        for (route, &class) in compiled.vehicles.iter().enumerate() {
            empty[class as usize].set(route as u16, true);
        }
        Self {
            compiled,
            tours,
            evaluator,
            route_cost: vec![0; routes],
            open_count: absent.len(),
            shared_cost,
            cost,
            absent_before: absent.clone(),
            best: Routes { cost, routes: vec![Vec::new(); routes], absent: absent.clone() },
            absent,
            before: Vec::new(),
            before_nodes: Vec::new(),
            before_legs: Vec::new(),
            cost_before: cost,
            step: 1,
            touched_in: vec![0; routes],
            used: Vec::new(),
            used_place: vec![NONE; routes],
            empty,
            unsaved: Vec::new(),
            is_unsaved: vec![false; routes],
        }
    }

    pub(crate) fn best(&self) -> &Routes {
        &self.best
    }

    /// Jobs absent when the step began.
    pub(crate) fn absent_before(&self) -> usize {
        self.absent_before.len()
    }

    /// An empty route of each class that has one.
    pub(crate) fn first_empty(&self) -> impl Iterator<Item = u16> + '_ {
        self.empty.iter().filter_map(EmptyRoutes::first)
    }

    pub(crate) fn empty_of(&self, class: u16) -> Option<u16> {
        self.empty[class as usize].first()
    }

    /// Starts a step that `rollback` can undo.
    pub(crate) fn begin(&mut self) {
        self.step += 1;
        self.before.clear();
        self.before_nodes.clear();
        self.before_legs.clear();
        self.evaluator.forget();
        self.cost_before = self.cost;
        self.absent_before.clear();
        self.absent_before.extend_from_slice(&self.absent);
    }

    /// Must be called before a route's first change in a step; does nothing after that.
    #[inline]
    pub(crate) fn touch(&mut self, route: u16) {
        if self.touched_in[route as usize] == self.step {
            return;
        }
        self.touched_in[route as usize] = self.step;
        self.before.push(Before {
            route,
            cost: self.route_cost[route as usize],
            nodes_from: self.before_nodes.len() as u32,
        });
        self.before_nodes.extend(self.tours.visits(route));
        self.before_legs.push(self.tours.leg_out[self.tours.start(route) as usize]);
        self.before_legs
            .extend(self.tours.visits(route).map(|node| self.tours.leg_out[node as usize]));
        self.evaluator.save(&self.tours, route);
    }

    #[inline]
    pub(crate) fn is_touched(&self, route: u16) -> bool {
        self.touched_in[route as usize] == self.step
    }

    pub(crate) fn touched_count(&self) -> usize {
        self.before.len()
    }

    pub(crate) fn touched_at(&self, place: usize) -> u16 {
        self.before[place].route
    }

    /// Takes the visits of `job` out of its route, which must have been touched and is refreshed by the caller.
    pub(crate) fn unplan(&mut self, job: u16) {
        let record = self.compiled.jobs[job as usize];
        self.tours.remove(self.compiled, record.pickup);
        if record.delivery != NONE {
            self.tours.remove(self.compiled, record.delivery);
        }
        self.absent.push(job);
        self.cost += record.unserved;
    }

    /// Brings the evaluator and the costs up to date with the order of `route`.
    pub(crate) fn refresh(&mut self, route: u16) {
        let cost = self.evaluator.refresh(self.compiled, &self.tours, route);
        self.reprice(route, cost);
    }

    #[inline]
    fn reprice(&mut self, route: u16, cost: i64) {
        let before = &mut self.route_cost[route as usize];
        self.cost += cost - *before;
        *before = cost;
        self.note_use(route);
        if self.evaluator.has_shared_cost() {
            let shared_cost = self.evaluator.shared_cost(&self.used);
            self.cost += shared_cost - self.shared_cost;
            self.shared_cost = shared_cost;
        }
    }

    #[inline]
    fn note_use(&mut self, route: u16) {
        let is_used = self.tours.size[route as usize] > 0;
        let place = self.used_place[route as usize];
        if is_used && place == NONE {
            self.used_place[route as usize] = self.used.len() as u16;
            self.used.push(route);
            self.empty[self.tours.class[route as usize] as usize].set(route, false);
        } else if !is_used && place != NONE {
            self.used_place[route as usize] = NONE;
            self.empty[self.tours.class[route as usize] as usize].set(route, true);
            self.used.swap_remove(place as usize);
            if let Some(&moved) = self.used.get(place as usize) {
                self.used_place[moved as usize] = place;
            }
        }
    }

    /// Plans a single visit after `pred`. The caller takes the job off the absent.
    pub(crate) fn plan_single(&mut self, job: u16, pred: u16) {
        let record = self.compiled.jobs[job as usize];
        let route = self.tours.link(pred).route;
        self.touch(route);
        self.tours.insert_after(self.compiled, pred, record.pickup);
        let cost = self.evaluator.inserted(self.compiled, &self.tours, route, record.pickup);
        self.cost -= record.unserved;
        self.reprice(route, cost);
    }

    /// Plans a pair: the pickup after `pred`, the delivery after `delivery_pred`, which may be the pickup.
    pub(crate) fn plan_pair(&mut self, job: u16, pred: u16, delivery_pred: u16) {
        let record = self.compiled.jobs[job as usize];
        let route = self.tours.link(pred).route;
        self.touch(route);
        self.tours.insert_after(self.compiled, pred, record.pickup);
        self.tours.insert_after(self.compiled, delivery_pred, record.delivery);
        self.cost -= record.unserved;
        self.refresh(route);
    }

    /// Adds the visits that were in a route when the step began and have another predecessor or successor now.
    pub(crate) fn changed(&self, changed: &mut Vec<u16>) {
        let mut nodes_to = self.before_nodes.len();
        for before in self.before.iter().rev() {
            let nodes = &self.before_nodes[before.nodes_from as usize..nodes_to];
            nodes_to = before.nodes_from as usize;
            let (mut pred, end) = (self.tours.start(before.route), self.tours.end(before.route));
            for (at, &node) in nodes.iter().enumerate() {
                let succ = nodes.get(at + 1).copied().unwrap_or(end);
                let link = self.tours.link(node);
                if (link.pred, link.succ) != (pred, succ) {
                    changed.push(node);
                }
                pred = node;
            }
        }
    }

    /// Gives two routes new orders, made of the visits both had.
    pub(crate) fn exchange(&mut self, one: (u16, &[u16]), other: (u16, &[u16])) {
        for (route, _) in [one, other] {
            self.touch(route);
        }
        for (route, nodes) in [one, other] {
            self.tours.relink(self.compiled, route, nodes);
        }
        for (route, _) in [one, other] {
            self.refresh(route);
        }
    }

    /// Undoes everything since `begin`.
    pub(crate) fn rollback(&mut self) {
        for &job in &self.absent_before {
            let record = self.compiled.jobs[job as usize];
            self.tours.forget(record.pickup);
            if record.delivery != NONE {
                self.tours.forget(record.delivery);
            }
        }
        let mut nodes_to = self.before_nodes.len();
        while let Some(before) = self.before.pop() {
            let nodes = &self.before_nodes[before.nodes_from as usize..nodes_to];
            nodes_to = before.nodes_from as usize;
            // One leg more than nodes per route saved before.
            let legs = &self.before_legs[nodes_to + self.before.len()..];
            self.tours.relink_measured(before.route, nodes, legs);
            self.evaluator.restore(&self.tours, before.route);
            self.route_cost[before.route as usize] = before.cost;
            self.note_use(before.route);
        }
        std::mem::swap(&mut self.absent, &mut self.absent_before);
        self.cost = self.cost_before;
        if self.evaluator.has_shared_cost() {
            self.shared_cost = self.evaluator.shared_cost(&self.used);
        }
    }

    /// Makes the step the present plan, and the best one if it is.
    pub(crate) fn commit(&mut self) {
        for place in 0..self.before.len() {
            let route = self.before[place].route;
            if !self.is_unsaved[route as usize] {
                self.is_unsaved[route as usize] = true;
                self.unsaved.push(route);
            }
        }
        if self.cost < self.best.cost {
            self.write_down();
        }
    }

    fn write_down(&mut self) {
        for route in self.unsaved.drain(..) {
            self.is_unsaved[route as usize] = false;
            let nodes = &mut self.best.routes[route as usize];
            nodes.clear();
            nodes.extend(self.tours.visits(route));
            self.evaluator.write_down(route);
        }
        self.best.absent.clone_from(&self.absent);
        self.best.cost = self.cost;
    }

    /// Makes `plan` the present one. It must be feasible.
    pub(crate) fn load(&mut self, plan: &Routes) {
        self.begin();
        for &job in &plan.absent {
            let record = self.compiled.jobs[job as usize];
            self.tours.forget(record.pickup);
            if record.delivery != NONE {
                self.tours.forget(record.delivery);
            }
        }
        let unserved = plan.absent.iter().map(|&job| self.compiled.jobs[job as usize].unserved);
        self.cost = unserved.sum::<i64>() + self.evaluator.base_cost() + self.shared_cost;
        for (route, nodes) in plan.routes.iter().enumerate() {
            self.tours.relink(self.compiled, route as u16, nodes);
            self.route_cost[route] = 0;
            self.refresh(route as u16);
            if !self.is_unsaved[route] {
                self.is_unsaved[route] = true;
                self.unsaved.push(route as u16);
            }
        }
        self.absent.clone_from(&plan.absent);
        self.evaluator.forget();
    }
}
