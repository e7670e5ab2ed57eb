//! What a good plan is. May not say what is possible: that is for the constraints.

/// Number of priorities.
pub const PRIORITIES: usize = 5;

/// How much it matters that a job is served; [`Priority::Lowest`] to [`Priority::Highest`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Lowest,
    Low,
    #[default]
    Normal,
    High,
    Highest,
}

/// The plan with the least sum is the best: fixed, distance and duration costs of the vehicles, plus these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// Per second that a service begins after the end of its last window.
    pub late_cost_per_second: i64,
    /// Of a job without a prize that is left out, by [`Priority`], lowest first.
    pub unserved_cost: [i64; PRIORITIES],
    /// Per second between the longest and the shortest duration of the vehicles that are used.
    pub fairness_cost_per_second: i64,
    /// Per job that another vehicle does than in the plan already handed out.
    pub moved_cost: i64,
}

impl Objective {
    #[must_use]
    pub fn unserved_cost_of(&self, priority: Priority) -> i64 {
        self.unserved_cost[priority as usize]
    }
}

impl Default for Objective {
    /// Everything is served if it can be; nothing else is asked.
    fn default() -> Self {
        Self {
            late_cost_per_second: 1,
            unserved_cost: [
                1_000_000_000,
                3_000_000_000,
                10_000_000_000,
                30_000_000_000,
                100_000_000_000,
            ],
            fairness_cost_per_second: 0,
            moved_cost: 0,
        }
    }
}
