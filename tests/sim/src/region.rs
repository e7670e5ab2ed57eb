//! Who is in the simulated region: the hub and its depots, with fixed names and keys, so that files made
//! once serve every seed.

use std::cell::Cell;

use depot_store::{Hub, Opening, migrate, put_hub, write_beside};
use faults::disk::{Disk, Mounted};
use faults::image::Image;
use shared_model::id::{ArticleCode, NodeId, SiteCode};
use shared_model::log::AuthorKey;
use shared_model::money::Currency;
use shared_model::tax::Jurisdiction;
use shared_model::time::Timestamp;
use shared_model::workflows::Site;
use uuid::Uuid;

/// Most depots of a region here.
pub const DEPOTS_MAX: usize = 4;
/// Articles traded.
pub const ARTICLES: usize = 5;
/// 2026-11-02, when virtual time begins.
pub const BEGINS_MS: i64 = 1_793_577_600_000;

/// The hub's node.
pub const HUB: NodeId = NodeId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0000_0000_0001));

thread_local! {
    static WALL_MS: Cell<i64> = const { Cell::new(BEGINS_MS) };
}

/// What the clock on the wall of the box that is at work says.
#[must_use]
pub fn wall() -> Timestamp {
    Timestamp::from_ms(WALL_MS.get())
}

/// Sets the clock that [`wall`] reads.
pub fn set_wall(now: Timestamp) {
    WALL_MS.set(now.ms());
}

/// A depot's node, counted from 0.
#[must_use]
pub const fn node(depot: usize) -> NodeId {
    NodeId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0000_0000_0010 + depot as u128))
}

/// Which depot that is.
#[must_use]
pub fn depot_of(id: NodeId) -> Option<usize> {
    (0..DEPOTS_MAX).find(|depot| node(*depot) == id)
}

/// # Panics
/// Never: the code is in bounds.
#[must_use]
pub fn site_code(depot: usize) -> SiteCode {
    format!("NBO-{}", depot + 1).parse().expect("a code")
}

/// # Panics
/// Never: the code is in bounds.
#[must_use]
pub fn article(index: usize) -> ArticleCode {
    format!("ART-{index}").parse().expect("a code")
}

#[must_use]
pub fn hub_key() -> AuthorKey {
    AuthorKey::from_secret(&[9; 32])
}

#[must_use]
pub fn author_key(depot: usize) -> AuthorKey {
    AuthorKey::from_secret(&[u8::try_from(depot).unwrap_or(0) + 0x40; 32])
}

/// The depot's profile; the hub's, with `None`.
///
/// # Panics
/// Never: the names are in bounds.
#[must_use]
pub fn site(depot: Option<usize>) -> Site {
    let bin = |bin: &str| bin.parse().expect("a bin");
    Site {
        node: depot.map_or(HUB, node),
        hub: depot.is_none().then_some(HUB),
        site: depot.map_or_else(|| "HUB".parse().expect("a code"), site_code),
        region: "nairobi".parse().expect("a region"),
        entity: "KE".parse().expect("an entity"),
        currency: Currency::KES,
        jurisdiction: Jurisdiction::KE,
        bins: if depot.is_some() { ["RECV", "A-01", "B-01"].map(bin).to_vec() } else { Vec::new() },
        unsellable: vec![bin("RECV")],
        rider_fee_minor: 15_000,
        count_variance_minor_max: 50_000,
    }
}

/// How a depot's store is opened. `life` tells one start of the box from another.
#[must_use]
pub fn opening(depot: usize, life: u32) -> Opening {
    let mut process = [7; 16];
    process[..4].copy_from_slice(&life.to_be_bytes());
    Opening { site: site(Some(depot)), author_key: author_key(depot), process, built_ms: BEGINS_MS }
}

thread_local! {
    static ENROLLED: std::cell::RefCell<Vec<Image>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A depot's disk after its enrolment: the schema, its own name, and its hub's.
///
/// # Panics
/// When a file cannot be made on a disk without faults.
#[must_use]
pub fn enrolled(depot: usize) -> Image {
    ENROLLED.with_borrow_mut(|made| {
        while made.len() <= depot {
            let mounted = Mounted::new(Disk::default());
            let path = mounted.database();
            migrate(&path, node(made.len())).expect("a new file");
            let hub = Hub { node: HUB, author_key: hub_key().public() };
            write_beside(&path, |db| put_hub(db, hub)).expect("a file just made");
            made.push(mounted.disk.image());
        }
        made[depot].clone()
    })
}
