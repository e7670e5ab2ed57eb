//! Rot: bits of the database file that are no longer what was written. Whether it is seen, by what, and
//! whether all that was there is there again after the repair.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use depot_store::{Hub, Opening, PAGE_BYTES, mend, read_only, salvage, scrub, sync_state, verify};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use shared_model::records::Digest;

use crate::day::{Depot, HUB, NODE, Step, author_key, catalogue, draw, hub_key, site};
use crate::dice::Dice;
use crate::disk::{DATABASE, Disk, Mounted};
use crate::image::{File, Image, SECTOR_BYTES};
use crate::region::Region;
use crate::vfs;

/// Commits of the day whose file rots, and how many of them the hub never heard of.
const COMMITS: usize = 60;
const UNSENT: usize = 8;
/// Rows of the box alone: no hub has them.
const DEVICES: u32 = 40;

/// What happens to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// One bit.
    Bit,
    /// A sector of noise: more than a page's sum can tell.
    Sector,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub tried: u64,
    pub detected: u64,
    /// Not detected, and every row of every table reads as before.
    pub harmless: u64,
    pub missed: u64,
    /// `PRAGMA integrity_check` alone, on the same files without the sums.
    pub control_saw: u64,
    pub control_missed: u64,
    /// By the page's own sum: the file is byte for byte what it was.
    pub mended: u64,
    /// Without that: from what proves itself and the hub.
    pub repaired: u64,
    pub not_repaired: u64,
    /// Own entries that no hub had and that stood in the damage itself; counted, not hidden.
    pub unsent_lost: u64,
    pub unsent: u64,
    pub devices_lost: u64,
    pub devices: u64,
    pub file_bytes: usize,
    pub examples: Vec<String>,
}

impl Figures {
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "flips": self.tried, "file_bytes": self.file_bytes,
            "detected": self.detected, "harmless": self.harmless, "missed": self.missed,
            "mended_by_the_page_s_sum": self.mended,
            "repaired_from_the_hub": self.repaired, "not_repaired": self.not_repaired,
            "never_sent_entries": {"in_all": self.unsent, "lost_with_the_damage": self.unsent_lost},
            "rows_of_the_box_alone": {"in_all": self.devices, "lost_with_the_damage": self.devices_lost},
            "control": {
                "what": "PRAGMA integrity_check, without sums of pages",
                "saw": self.control_saw, "missed": self.control_missed,
            },
            "examples": self.examples,
        })
    }
}

/// A depot's file at rest, and what a hub knows of it.
struct Before {
    image: Image,
    file: File,
    region: Region,
    entries: BTreeSet<Vec<u8>>,
    /// Of these, what the hub never heard of.
    unsent: usize,
    digest: Digest,
    dump: [u8; 32],
    /// Which table or index a page is of.
    owners: BTreeMap<u32, String>,
}

/// Lets so many files rot, each anew. `from_hub_once_in`: of so many one is repaired without the sums.
///
/// # Errors
/// When the day cannot be worked without any rot.
pub fn rot(decay: Decay, times: u64, seed: u64, from_hub_once_in: u64) -> anyhow::Result<Figures> {
    let before = Before::work(seed)?;
    let mut dice = Dice::new(seed).branch(7);
    let mut figures = Figures { file_bytes: before.file.len(), ..Figures::default() };
    for index in 0..times {
        let (file, page) = damaged(&before.file, decay, &mut dice);
        figures.tried += 1;
        before.detect(&file, &mut figures);
        let one_bit = decay == Decay::Bit;
        if one_bit && mended(&file, page).is_some_and(|file| file.digest() == before.file.digest())
        {
            figures.mended += 1;
        }
        if index.is_multiple_of(from_hub_once_in) {
            match before.repair(&file, &mut figures) {
                Ok(()) => figures.repaired += 1,
                Err(error) => {
                    figures.not_repaired += 1;
                    if figures.examples.len() < 5 {
                        let owner = before.owners.get(&page).map_or("nobody", String::as_str);
                        figures.examples.push(format!("page {page} of {owner}: {error:#}"));
                    }
                }
            }
        }
    }
    Ok(figures)
}

fn damaged(file: &File, decay: Decay, dice: &mut Dice) -> (File, u32) {
    let mut file = file.clone();
    let at = dice.below(file.len());
    match decay {
        Decay::Bit => {
            let mut byte = [0];
            file.read_at(at, &mut byte);
            file.write_at(at, &[byte[0] ^ 1 << dice.below(8)]);
        }
        Decay::Sector => {
            let mut noise = [0; SECTOR_BYTES];
            dice.fill(&mut noise);
            file.write_at(at / SECTOR_BYTES * SECTOR_BYTES, &noise);
        }
    }
    (file, u32::try_from(at / PAGE_BYTES + 1).unwrap_or(u32::MAX))
}

fn mended(file: &File, page: u32) -> Option<File> {
    let at = (usize::try_from(page).ok()? - 1) * PAGE_BYTES;
    let mut bytes = [0; PAGE_BYTES];
    file.read_at(at, &mut bytes);
    if !mend(page, &mut bytes) {
        return None;
    }
    let mut file = file.clone();
    file.write_at(at, &bytes);
    Some(file)
}

fn image_of(file: &File) -> Image {
    Image::from([(Arc::from(DATABASE), file.clone())])
}

impl Before {
    fn work(seed: u64) -> anyhow::Result<Self> {
        vfs::begin(seed);
        let mut depot = Depot::begin(Disk::default())?;
        let mut region = Region::new(catalogue());
        depot.block_on(depot.store().write_local(|db| {
            for device in 0..DEVICES {
                db.execute(
                    "INSERT INTO device (device, token_hash, name, paired_ms) VALUES (?1, ?2, ?3, 0)",
                    (
                        [device.to_be_bytes(); 4].concat(),
                        [device.to_be_bytes(); 8].concat(),
                        format!("Till {device}"),
                    ),
                )?;
            }
            Ok(())
        }))?;
        let steps: Vec<Step> = draw(seed, COMMITS)
            .into_iter()
            .filter(|step| !matches!(step, Step::Met(_) | Step::Acked(_) | Step::Feed(..)))
            .collect();
        region.meet(&depot)?;
        let (sent, unsent) = steps.split_at(steps.len() - UNSENT);
        for step in sent {
            depot.step(step)?;
        }
        region.meet(&depot)?;
        for step in unsent {
            depot.step(step)?;
        }
        let (entries, digest) = own(&depot)?;
        depot.stop();
        let image = depot.mounted.disk.image();
        ensure!(image.get("depot.sqlite-wal").is_none_or(File::is_empty), "all is in the file");
        let file = image.get(DATABASE).context("a database")?.clone();
        let dump = dump(&file).context("a sound file reads")?;
        let image = image_of(&file);
        let owners = read_only(&Mounted::new(Disk::of(image.clone())).database(), |db| {
            let mut pages = db.prepare("SELECT pageno, name FROM dbstat")?;
            let rows = pages.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let unsent = entries.len() - region.held();
        let before = Self { image, file, region, entries, unsent, digest, dump, owners };
        let mounted = Mounted::new(Disk::of(before.image.clone()));
        let found = verify(&mounted.database(), &mounted.folder().join("scratch"), NODE)?;
        ensure!(found.faults.is_empty(), "without rot: {:?}", found.faults);
        Ok(before)
    }

    fn detect(&self, file: &File, figures: &mut Figures) {
        let mounted = Mounted::new(Disk::of(image_of(file)));
        let seen = scrub(&mounted.database()).map_or(true, |found| !found.is_empty());
        let structure = integrity(&mounted);
        figures.control_saw += u64::from(!structure);
        figures.control_missed += u64::from(structure);
        if seen {
            figures.detected += 1;
        } else if dump(file).is_some_and(|dump| dump == self.dump) {
            figures.harmless += 1;
        } else {
            figures.missed += 1;
        }
    }

    /// Repairs without the sums' help, then meets the hub.
    fn repair(&self, file: &File, figures: &mut Figures) -> anyhow::Result<()> {
        let mounted = Mounted::new(Disk::of(image_of(file)));
        let opening =
            Opening { site: site(), author_key: author_key(), process: [8; 16], built_ms: 0 };
        let hub = Hub { node: HUB, author_key: hub_key().public() };
        let to = mounted.folder().join("repaired.sqlite");
        let salvaged = salvage(&mounted.database(), &to, opening, Some(hub))?;
        mounted.disk.wait_until_closed();
        let repaired = mounted.disk.file("repaired.sqlite").context("a repaired file")?;
        let mut depot = Depot::stopped(Disk::of(image_of(&repaired)));
        depot.start()?;
        let mut region = self.region.clone();
        region.meet(&depot)?;
        let (entries, digest) = own(&depot)?;
        let devices: u32 =
            depot.block_on(depot.store().read(|db| {
                Ok(db.query_row("SELECT count(*) FROM device", [], |row| row.get(0))?)
            }))?;
        depot.stop();
        let path = depot.mounted.database();
        let found = verify(&path, &depot.mounted.folder().join("scratch"), NODE)?;
        ensure!(found.faults.is_empty(), "{:?}", found.faults.first());
        let missing = self.entries.difference(&entries).count();
        figures.unsent += self.unsent as u64;
        figures.unsent_lost += missing as u64;
        figures.devices += u64::from(DEVICES);
        figures.devices_lost += u64::from(DEVICES.saturating_sub(devices));
        ensure!(
            missing <= self.unsent,
            "the hub had them, and {missing} are missing: {salvaged:?}"
        );
        ensure!(region.held() >= entries.len(), "the hub does not have everything");
        ensure!(missing > 0 || digest == self.digest, "the records are others");
        ensure!(entries.is_subset(&self.entries), "there are entries that were never made");
        Ok(())
    }
}

/// The ids of all own entries, and what they add up to.
fn own(depot: &Depot) -> anyhow::Result<(BTreeSet<Vec<u8>>, Digest)> {
    let read = depot.store().read(|db| {
        let mut statement = db.prepare(
            "SELECT c.id FROM command c JOIN log l ON l.epoch = c.epoch AND l.seq = c.seq
             WHERE l.node = (SELECT value FROM meta WHERE key = 'node')",
        )?;
        let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok((ids, sync_state(db)?.digest))
    });
    Ok(depot.block_on(read)?)
}

/// What SQLite alone sees: no sums of pages.
fn integrity(mounted: &Mounted) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let said = Connection::open_with_flags(mounted.database(), flags)
        .and_then(|db| db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    said.is_ok_and(|said| said == "ok")
}

/// A digest over every row of every table and over the schema, as they read; none when they do not.
fn dump(file: &File) -> Option<[u8; 32]> {
    let mounted = Mounted::new(Disk::of(image_of(file)));
    let read = read_only(&mounted.database(), |db| {
        let mut hasher = blake3::Hasher::new();
        let mut tables = vec!["sqlite_schema".to_owned()];
        let mut names =
            db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        tables.extend(names.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?);
        for table in tables {
            let mut statement = db.prepare(&format!("SELECT * FROM {table}"))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    hasher.update(format!("{:?}", row.get_ref(column)?).as_bytes());
                }
            }
        }
        Ok(*hasher.finalize().as_bytes())
    });
    read.ok()
}
