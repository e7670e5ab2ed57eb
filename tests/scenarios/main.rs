//! Scenarios on real processes: what must hold when power, disks, clocks and links do not.

mod bad_input;
mod clock;
mod disk;
mod dispatch;
mod kill;
mod outage;
mod roads;
mod sync;
