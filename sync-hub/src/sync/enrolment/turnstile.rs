//! How many may ask for a certificate: so many at once, and so often from one address. An expired or
//! new box gets through; somebody who only wants to keep the hub busy does not get far.
//!
//! It counts and forgets; who gets what is decided elsewhere.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Conversations with applicants at one time: each costs a signature and a transaction.
const APPLICANTS_AT_ONCE_MAX: usize = 64;
/// Asked from one address in a row. All depots of a town may come from one, behind their operator.
const ADDRESS_BURST: u32 = 64;
/// After that, one asks as often as this.
const ADDRESS_EVERY: Duration = Duration::from_secs(1);
/// From everywhere.
const ALL_BURST: u32 = 1_024;
const ALL_EVERY: Duration = Duration::from_millis(20);
/// Addresses remembered; beyond it the limit for all has to do.
const ADDRESSES_MAX: usize = 4_096;

/// Counts applicants.
pub struct Turnstile {
    at_once: Arc<Semaphore>,
    all: Bucket,
    addresses: HashMap<IpAddr, Bucket>,
}

impl Turnstile {
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(APPLICANTS_AT_ONCE_MAX)),
            all: Bucket::full(ALL_BURST, now),
            addresses: HashMap::new(),
        }
    }

    /// A place for one conversation, to be held until it ends; none when it is to come back later.
    pub fn pass(&mut self, from: IpAddr, now: Instant) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.at_once).try_acquire_owned().ok()?;
        self.counts(network_of(from), now).then_some(place)
    }

    fn counts(&mut self, from: IpAddr, now: Instant) -> bool {
        if !self.addresses.contains_key(&from) {
            if self.addresses.len() >= ADDRESSES_MAX {
                self.addresses
                    .retain(|_, bucket| !bucket.is_full(ADDRESS_BURST, ADDRESS_EVERY, now));
            }
            if self.addresses.len() < ADDRESSES_MAX {
                self.addresses.insert(from, Bucket::full(ADDRESS_BURST, now));
            }
        }
        let of_address = self.addresses.get_mut(&from);
        let may = of_address.is_none_or(|bucket| bucket.take(ADDRESS_BURST, ADDRESS_EVERY, now));
        may && self.all.take(ALL_BURST, ALL_EVERY, now)
    }
}

/// One who has an IPv6 address has all of its network.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Fills by one every so often, up to its burst.
struct Bucket {
    left: u32,
    filled: Instant,
}

impl Bucket {
    const fn full(burst: u32, now: Instant) -> Self {
        Self { left: burst, filled: now }
    }

    fn fill(&mut self, burst: u32, every: Duration, now: Instant) {
        let passed = now.saturating_duration_since(self.filled);
        let gained = u32::try_from(passed.as_millis() / every.as_millis()).unwrap_or(u32::MAX);
        if gained > 0 {
            self.left = self.left.saturating_add(gained).min(burst);
            self.filled = if self.left == burst { now } else { self.filled + every * gained };
        }
    }

    fn take(&mut self, burst: u32, every: Duration, now: Instant) -> bool {
        self.fill(burst, every, now);
        let had = self.left > 0;
        self.left = self.left.saturating_sub(1);
        had
    }

    fn is_full(&mut self, burst: u32, every: Duration, now: Instant) -> bool {
        self.fill(burst, every, now);
        self.left == burst
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn one_address_is_slowed_down_and_others_are_not() {
        let start = Instant::now();
        let mut turnstile = Turnstile::new(start);
        let passed = (0..200).filter(|_| turnstile.pass(address(1), start).is_some()).count();
        assert_eq!(passed, ADDRESS_BURST as usize);
        assert!(turnstile.pass(address(2), start).is_some());
        let later = start + 3 * ADDRESS_EVERY;
        let again = (0..10).filter(|_| turnstile.pass(address(1), later).is_some()).count();
        assert_eq!(again, 3);
    }

    #[test]
    fn so_many_are_talked_to_at_once_and_then_others_get_their_turn() {
        let now = Instant::now();
        let mut turnstile = Turnstile::new(now);
        let held: Vec<_> =
            (0..100).filter_map(|number| turnstile.pass(address(number), now)).collect();
        assert_eq!(held.len(), APPLICANTS_AT_ONCE_MAX);
        drop(held);
        assert!(turnstile.pass(address(200), now).is_some());
    }

    #[test]
    fn many_addresses_are_bounded_in_number_and_in_memory() {
        let now = Instant::now();
        let mut turnstile = Turnstile::new(now);
        let passed = (0..10_000).filter(|number| turnstile.pass(address(*number), now).is_some());
        assert_eq!(passed.count(), ALL_BURST as usize);
        assert!(turnstile.addresses.len() <= ADDRESSES_MAX);
        let later = now + Duration::from_secs(3_600);
        assert!(turnstile.pass(address(20_000), later).is_some());
        assert!(turnstile.addresses.len() < 10, "idle ones are forgotten");
        let network: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(network_of(network), network_of("2001:db8::ffff".parse().unwrap()));
    }
}
