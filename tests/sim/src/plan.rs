//! What a seed draws: how large the region is, how good its links are, who works when, and which faults
//! come. A tenth of the seeds has none and is long and large.

use faults::dice::Dice;
use faults::disk::Call;

use crate::region::DEPOTS_MAX;

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// How a depot reaches its hub.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub latency_ms: u64,
    pub bytes_per_s: u64,
    /// Of a thousand frames so many are lost at first, and sent again by the transport.
    pub lost_per_1000: usize,
}

/// One fault that comes.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing passes, one way or both.
    Partition {
        depot: usize,
        up: bool,
        down: bool,
        ms: u64,
    },
    /// The connection dies, whatever is under way on it.
    Cut {
        depot: usize,
    },
    /// The link is slow for a while.
    Slow {
        depot: usize,
        ms: u64,
    },
    /// The power goes at one of the next operations of the disk.
    Power {
        depot: usize,
        operations: u64,
    },
    /// The process ends without notice; the system goes on.
    Kill {
        depot: usize,
    },
    Restart {
        depot: usize,
    },
    Checkpoint {
        depot: usize,
    },
    DiskFull {
        depot: usize,
        ms: u64,
    },
    /// A call to the disk fails once.
    DiskFails {
        depot: usize,
        call: Call,
        first: u64,
    },
    Clock {
        depot: usize,
        by_ms: i64,
    },
    Backup {
        depot: usize,
    },
    /// The backup is put back: by the command for it, or the file by hand.
    Restore {
        depot: usize,
        by_hand: bool,
    },
    /// A copy of the disk is started in another machine; one of both is found and switched off later.
    Clone {
        depot: usize,
        ms: u64,
        keep_copy: bool,
    },
    /// Between two commits, before the next one, or between it and its acknowledgement.
    HubCrash {
        ms: u64,
        at: CrashAt,
    },
    /// The hub's database refuses.
    HubBusy {
        ms: u64,
    },
    HubBackup,
    /// The hub's database is put back to its last backup.
    HubRewind,
    HubClock {
        by_ms: i64,
    },
    /// The hub publishes, matches or pays something.
    HubWork,
    Revoke {
        depot: usize,
    },
    /// Somebody with the depot's certificate and without its author key.
    Forger {
        depot: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashAt {
    Once,
    BeforeCommit,
    AfterCommit,
}

/// Classes of faults, of which each seed draws some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Partition,
    OneWay,
    Cut,
    Slow,
    Power,
    Kill,
    Restart,
    Disk,
    Clock,
    Restore,
    Clone,
    HubCrash,
    HubBusy,
    HubRewind,
    HubClock,
    Revoke,
    Forger,
}

const CLASSES: [Class; 17] = [
    Class::Partition,
    Class::OneWay,
    Class::Cut,
    Class::Slow,
    Class::Power,
    Class::Kill,
    Class::Restart,
    Class::Disk,
    Class::Clock,
    Class::Restore,
    Class::Clone,
    Class::HubCrash,
    Class::HubBusy,
    Class::HubRewind,
    Class::HubClock,
    Class::Revoke,
    Class::Forger,
];

/// Some people work at a depot at about the same time.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    pub at_ms: u64,
    pub depot: usize,
    pub wishes: usize,
}

/// What a seed draws.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub depots: usize,
    pub calm: bool,
    pub ends_ms: u64,
    pub lines: Vec<Line>,
    /// The newest protocol that each depot speaks, and the hub.
    pub protocols: Vec<u16>,
    pub hub_protocol: u16,
    pub bursts: Vec<Burst>,
    pub faults: Vec<(u64, Fault)>,
    /// Of a thousand answers so many do not reach the person.
    pub answers_lost_per_1000: usize,
    /// Of a thousand steps of a driver so many are followed by a pause.
    pub pauses_per_1000: usize,
    /// Wishes that may reach the store together.
    pub together_max: usize,
}

impl Plan {
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x5eed_0f00_d000_0001);
        let calm = dice.once_in(10);
        let depots = 1 + dice.below(DEPOTS_MAX - 1) + usize::from(calm);
        let ends_ms = if calm {
            (7 + dice.below(21) as u64) * 24 * HOUR
        } else {
            (6 + dice.below(90) as u64) * HOUR
        };
        let mut plan = Self {
            seed,
            depots,
            calm,
            ends_ms,
            lines: (0..depots).map(|_| draw_line(&mut dice, calm)).collect(),
            protocols: (0..depots).map(|_| draw_protocol(&mut dice)).collect(),
            hub_protocol: draw_protocol(&mut dice),
            bursts: Vec::new(),
            faults: Vec::new(),
            answers_lost_per_1000: if calm || dice.once_in(2) { 0 } else { dice.below(150) },
            pauses_per_1000: [0, 50, 300][dice.below(3)],
            together_max: 1 + dice.below(4),
        };
        plan.draw_bursts(&mut dice);
        if !calm {
            plan.draw_faults(&mut dice);
        }
        let works = dice.below(if calm { 8 } else { 4 });
        for _ in 0..works {
            let at = plan.some_time(&mut dice);
            plan.faults.push((at, Fault::HubWork));
        }
        plan
    }

    /// Whether something keeps a depot and its hub apart for a while.
    #[must_use]
    pub fn has_partition(&self) -> bool {
        self.faults.iter().any(|(_, fault)| matches!(fault, Fault::Partition { .. }))
    }

    fn draw_bursts(&mut self, dice: &mut Dice) {
        for depot in 0..self.depots {
            let mut left = if self.calm { 50 + dice.below(40) } else { 8 + dice.below(28) };
            while left > 0 {
                let wishes = (1 + dice.below(8)).min(left);
                left -= wishes;
                let at_ms = 2 * MINUTE + dice.throw() % (self.ends_ms - 2 * MINUTE);
                self.bursts.push(Burst { at_ms, depot, wishes });
            }
        }
    }

    /// Where faults hurt: while people work.
    fn some_time(&self, dice: &mut Dice) -> u64 {
        let burst = self.bursts[dice.below(self.bursts.len())];
        let at = burst.at_ms + dice.throw() % (30 * SECOND);
        at.saturating_sub(dice.throw() % (20 * SECOND)).min(self.ends_ms - 1)
    }

    fn draw_faults(&mut self, dice: &mut Dice) {
        // Some seeds know one class, some many.
        let one_in = 1 + dice.below(6);
        let mut drawn: Vec<Class> = CLASSES.into_iter().filter(|_| dice.once_in(one_in)).collect();
        // Partitions are what the region is made for.
        if !drawn.contains(&Class::Partition) {
            drawn.push(Class::Partition);
        }
        for class in drawn {
            let rare = matches!(class, Class::Clone | Class::Revoke | Class::Restore);
            let times = if rare { 1 } else { 1 + dice.below(5) };
            for _ in 0..times {
                self.draw_fault(dice, class);
            }
        }
    }

    fn draw_fault(&mut self, dice: &mut Dice, class: Class) {
        let (at, depot) = (self.some_time(dice), dice.below(self.depots));
        let short = |dice: &mut Dice| SECOND + dice.throw() % (5 * MINUTE);
        let long = |dice: &mut Dice| match dice.below(3) {
            0 => SECOND + dice.throw() % (2 * MINUTE),
            1 => dice.throw() % (3 * HOUR),
            _ => dice.throw() % (48 * HOUR),
        };
        let step = |dice: &mut Dice| {
            let sizes = [2 * SECOND, 10 * MINUTE, 26 * HOUR, 3_000 * 24 * HOUR];
            let by = (dice.throw() % sizes[dice.below(4)]).cast_signed();
            if dice.once_in(2) { -by } else { by }
        };
        let fault = match class {
            Class::Partition => Fault::Partition { depot, up: true, down: true, ms: long(dice) },
            Class::OneWay => {
                let up = dice.once_in(2);
                Fault::Partition { depot, up, down: !up, ms: short(dice) }
            }
            Class::Cut => Fault::Cut { depot },
            Class::Slow => Fault::Slow { depot, ms: long(dice) },
            Class::Power => Fault::Power { depot, operations: dice.below(40) as u64 },
            Class::Kill => Fault::Kill { depot },
            Class::Restart if dice.once_in(2) => Fault::Checkpoint { depot },
            Class::Restart => Fault::Restart { depot },
            Class::Disk if dice.once_in(2) => Fault::DiskFull { depot, ms: short(dice) },
            Class::Disk => {
                let call = Call::ALL[dice.below(4)];
                Fault::DiskFails { depot, call, first: 1 + dice.below(20) as u64 }
            }
            Class::Clock => Fault::Clock { depot, by_ms: step(dice) },
            Class::Restore => {
                let earlier = at.saturating_sub(dice.throw() % (12 * HOUR));
                self.faults.push((earlier, Fault::Backup { depot }));
                let at_ms = at + 6 * SECOND + dice.throw() % MINUTE;
                self.bursts.push(Burst { at_ms, depot, wishes: 1 + dice.below(5) });
                Fault::Restore { depot, by_hand: dice.once_in(2) }
            }
            Class::Clone => {
                // Both are at work before anybody notices.
                for _ in 0..2 + dice.below(4) {
                    let at_ms = at + 30 * SECOND + dice.throw() % (20 * MINUTE);
                    self.bursts.push(Burst { at_ms, depot, wishes: 1 + dice.below(4) });
                }
                let ms = 10 * MINUTE + dice.throw() % (2 * HOUR);
                Fault::Clone { depot, ms, keep_copy: dice.once_in(2) }
            }
            Class::HubCrash => {
                let at = [CrashAt::Once, CrashAt::BeforeCommit, CrashAt::AfterCommit];
                Fault::HubCrash { ms: short(dice), at: at[dice.below(3)] }
            }
            Class::HubBusy => Fault::HubBusy { ms: short(dice) },
            Class::HubRewind => {
                let earlier = at.saturating_sub(dice.throw() % (30 * MINUTE));
                self.faults.push((earlier, Fault::HubBackup));
                for _ in 0..dice.below(3) {
                    let between = earlier + dice.throw() % (at - earlier + 1);
                    self.faults.push((between, Fault::HubWork));
                }
                Fault::HubRewind
            }
            Class::HubClock => {
                self.faults.push((at + SECOND, Fault::HubWork));
                self.faults.push((at.saturating_sub(SECOND), Fault::HubWork));
                Fault::HubClock { by_ms: step(dice) % (26 * HOUR.cast_signed()) }
            }
            Class::Revoke => Fault::Revoke { depot },
            Class::Forger => Fault::Forger { depot },
        };
        self.faults.push((at, fault));
    }
}

fn draw_line(dice: &mut Dice, calm: bool) -> Line {
    Line {
        latency_ms: [2, 40, 150, 600][dice.below(4)],
        bytes_per_s: [4_000, 30_000, 1_000_000, 100_000_000][dice.below(4)],
        lost_per_1000: if calm { 0 } else { [0, 0, 20, 150][dice.below(4)] },
    }
}

fn draw_protocol(dice: &mut Dice) -> u16 {
    if dice.once_in(3) { 1 } else { 2 }
}
