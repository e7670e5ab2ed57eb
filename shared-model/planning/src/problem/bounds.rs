//! The limits of every number and list of a problem. May hold nothing but limits and why they are safe.
//!
//! They are wide enough for every benchmark (an hour in thousandths of a second is 3.6 million) and narrow enough
//! that no sum over a whole plan leaves an `i64`: the largest is distance, (2 × [`JOBS_MAX`] + 2 × [`VEHICLES_MAX`])
//! legs × [`METRES_MAX`] × [`COST_RATE_MAX`] = 3 × 10^18 < 9.2 × 10^18, and the sum of all parts stays below that.

/// Bytes of a file, looked at before it is parsed. A full matrix of 1,500 places is about 16 MB of digits.
pub const FILE_BYTES_MAX: usize = 256 << 20;

/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 200;

pub const PLACES_MAX: usize = 10_000;
pub const JOBS_MAX: usize = 10_000;
pub const VEHICLES_MAX: usize = 10_000;
pub const VEHICLE_TYPES_MAX: usize = 64;
pub const DEPOTS_MAX: usize = 256;
pub const PROFILES_MAX: usize = 64;
pub const SLICES_MAX: usize = 24;
pub const WINDOWS_MAX: usize = 16;
pub const BREAKS_MAX: usize = 6;
pub const SKILLS_MAX: usize = 64;
pub const TRIPS_MAX: u32 = 1_000;

/// Cells of all matrices of a problem together: 400 MB.
pub const CELLS_MAX: usize = 100_000_000;

/// Latest moment and longest duration. Two of them fit an `i32`.
pub const TIME_S_MAX: i64 = 1_000_000_000;

/// Longest way between two places, in seconds and in metres.
pub const TRAVEL_S_MAX: u32 = 50_000_000;
pub const METRES_MAX: u32 = 50_000_000;

/// Most of one dimension that one vehicle or one job has. A sum over all jobs fits an `i64`.
pub const LOAD_MAX: i64 = 1_000_000_000_000;

/// Cost per metre, per second of duration, per second of fairness.
pub const COST_RATE_MAX: i64 = 1_000_000;
/// Cost per second, whether of duration, lateness or fairness: a duration is longer than a way.
pub const COST_PER_SECOND_MAX: i64 = 50_000;
/// Fixed cost of a vehicle, prize, cost of an unserved job, cost of a job moved.
pub const COST_MAX: i64 = 10_000_000_000_000;
