//! What becomes of each entry that came: into the chain, known already, or set aside. Pure: the
//! store hands in where the chains stand and what is held.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Step, contained};
use crate::id::{EntryId, NodeId};
use crate::log::{AuthorPublicKey, Entry, EntryBytes, Epoch, Hash, Position, Range, Seal, Seq};
use crate::network::denylist::Cut;
use crate::sync::v1::{Candidate, EpochHeld, Finding};
use crate::time::Hlc;
use crate::workflows::{Body, Stamp, inspect};

/// Where an epoch's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    pub epoch: Epoch,
    pub seq: Seq,
    pub hash: Hash,
    pub hlc: Hlc,
}

impl Tip {
    /// An epoch without entries.
    #[must_use]
    pub const fn start(epoch: Epoch) -> Self {
        Self { epoch, seq: Seq(0), hash: Hash::ZERO, hlc: Hlc::from_bits(0) }
    }

    fn advance(&mut self, hash: Hash, hlc: Option<Hlc>) {
        self.seq = self.seq.next();
        self.hash = hash;
        self.hlc = self.hlc.max(hlc.unwrap_or(self.hlc));
    }
}

/// Where every epoch of a node stands.
pub type Tips = BTreeMap<Epoch, Tip>;

/// Why an entry is set aside; the word is kept with it.
pub mod reason {
    /// Follows another history.
    pub const FORKED: &str = "forked";
    pub const MALFORMED: &str = "malformed";
    pub const MISPLACED: &str = "misplaced";
    pub const UNSOUND: &str = "unsound";
    pub const BREAKS_READER: &str = "breaks-reader";
    /// Its author was shut out, and it stands above the cut.
    pub const REVOKED: &str = "revoked";
}

/// An entry set aside. `candidate` counts in the batch.
#[derive(Debug)]
pub struct Aside {
    pub candidate: usize,
    pub entry: Option<EntryId>,
    pub reason: &'static str,
    pub detail: String,
    /// Its place in the chain is taken by it.
    pub in_chain: bool,
}

/// What a batch comes to.
#[derive(Debug, Default)]
pub struct Sorted {
    /// Sound entries, to be taken into records.
    pub steps: Vec<Step>,
    /// The candidates of `steps`, and those of a later schema.
    pub kept: Vec<Kept>,
    pub aside: Vec<Aside>,
    /// Chains that grew.
    pub grown: Tips,
}

/// An entry for the log.
#[derive(Debug)]
pub struct Kept {
    pub candidate: usize,
    /// Not when its schema is a later one: it waits for the upgrade.
    pub projected: bool,
}

/// The chain moved while the session looked elsewhere: a new session compares anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub node: NodeId,
}

const OTHER_HISTORY: &str = "it follows another history";

/// Sorts a batch of `node`. `held` answers for every place up to the tips.
///
/// # Errors
/// [`Moved`] when the batch would leave a gap.
pub fn sort(
    node: NodeId,
    tips: &Tips,
    held: &BTreeMap<(Epoch, Seq), Hash>,
    candidates: &[Candidate],
    hub: (NodeId, AuthorPublicKey),
) -> Result<Sorted, Moved> {
    let mut sorting = Sorting {
        tips: tips.clone(),
        apart: BTreeSet::new(),
        branched: BTreeSet::new(),
        sorted: Sorted::default(),
        hub,
    };
    for (index, candidate) in candidates.iter().enumerate() {
        let epoch = candidate.position.epoch;
        let tip = *sorting.tips.entry(epoch).or_insert(Tip::start(epoch));
        if candidate.position.seq <= tip.seq {
            let known = held.get(&(epoch, candidate.position.seq));
            // What came earlier in this same batch is not in the database yet.
            let known = known.copied().or_else(|| {
                let is_it = |earlier: &&Candidate| earlier.position == candidate.position;
                candidates[..index].iter().find(is_it).map(|c| c.hash)
            });
            if known != Some(candidate.hash) {
                sorting.apart(index, candidate, "another entry is held in its place");
            }
        } else if candidate.position.seq > tip.seq.next() {
            match candidate.finding {
                Finding::Chained(_) | Finding::Held(_) => return Err(Moved { node }),
                Finding::Forked(_) | Finding::Malformed(_) | Finding::Misplaced => {
                    sorting.apart(index, candidate, OTHER_HISTORY);
                }
            }
        } else if sorting.branched.contains(&epoch) {
            sorting.apart(index, candidate, OTHER_HISTORY);
        } else {
            sorting.next_in_chain(index, candidate, &tip);
        }
    }
    Ok(sorting.sorted)
}

struct Sorting {
    tips: Tips,
    /// What was set aside beside the chain: a branch sent twice is kept once.
    apart: BTreeSet<(Epoch, Seq, Hash)>,
    /// Epochs in which the batch left our history: what follows belongs to the branch.
    branched: BTreeSet<Epoch>,
    sorted: Sorted,
    hub: (NodeId, AuthorPublicKey),
}

impl Sorting {
    fn next_in_chain(&mut self, index: usize, candidate: &Candidate, tip: &Tip) {
        match &candidate.finding {
            Finding::Chained(entry) | Finding::Held(entry) => {
                if tip.seq.0 > 0 && entry.entry().prev != tip.hash {
                    return self.apart(index, candidate, OTHER_HISTORY);
                }
                self.advance(candidate, Some(entry.entry().hlc));
                self.look_inside(index, candidate, entry.entry());
            }
            Finding::Forked(_) => self.apart(index, candidate, OTHER_HISTORY),
            Finding::Malformed(error) => {
                self.advance(candidate, None);
                self.aside(index, None, reason::MALFORMED, error.to_string());
            }
            Finding::Misplaced => {
                self.advance(candidate, None);
                let detail = "it names another place than the one it was sent for".to_owned();
                self.aside(index, None, reason::MISPLACED, detail);
            }
        }
    }

    fn look_inside(&mut self, index: usize, candidate: &Candidate, entry: &Entry) {
        let verdict = contained(|| inspect(entry, Some(self.hub)));
        match verdict {
            Ok(Ok(Some(body))) => self.keep(index, candidate, entry, Some(body)),
            Ok(Ok(None)) => self.keep(index, candidate, entry, None),
            Ok(Err(unsound)) => {
                self.aside(index, Some(entry.id), reason::UNSOUND, unsound.to_string());
            }
            Err(broke) => self.aside(index, Some(entry.id), reason::BREAKS_READER, broke),
        }
    }

    fn keep(&mut self, index: usize, candidate: &Candidate, entry: &Entry, body: Option<Body>) {
        self.sorted.kept.push(Kept { candidate: index, projected: body.is_some() });
        if let Some(body) = body {
            self.sorted.steps.push(Step {
                position: candidate.position,
                stamp: Stamp {
                    author: candidate.position.node,
                    at: entry.hlc.at(),
                    staff: entry.actor,
                },
                body,
            });
        }
    }

    fn advance(&mut self, candidate: &Candidate, hlc: Option<Hlc>) {
        let epoch = candidate.position.epoch;
        let tip = self.tips.entry(epoch).or_insert(Tip::start(epoch));
        tip.advance(candidate.hash, hlc);
        self.sorted.grown.insert(epoch, *tip);
    }

    fn aside(
        &mut self,
        candidate: usize,
        entry: Option<EntryId>,
        reason: &'static str,
        detail: String,
    ) {
        self.sorted.aside.push(Aside { candidate, entry, reason, detail, in_chain: true });
    }

    /// Beside the chain: the place is another's.
    fn apart(&mut self, index: usize, candidate: &Candidate, detail: &str) {
        let place = candidate.position;
        self.branched.insert(place.epoch);
        if !self.apart.insert((place.epoch, place.seq, candidate.hash)) {
            return;
        }
        let (entry, reason) = match &candidate.finding {
            Finding::Chained(entry) | Finding::Held(entry) | Finding::Forked(entry) => {
                (Some(entry.entry().id), reason::FORKED)
            }
            Finding::Malformed(_) => (None, reason::MALFORMED),
            Finding::Misplaced => (None, reason::MISPLACED),
        };
        self.sorted.aside.push(Aside {
            candidate: index,
            entry,
            reason,
            detail: detail.to_owned(),
            in_chain: false,
        });
    }
}

/// The entry of a candidate that is one.
#[must_use]
pub const fn entry_of(candidate: &Candidate) -> Option<&EntryBytes> {
    match &candidate.finding {
        Finding::Chained(entry) | Finding::Held(entry) | Finding::Forked(entry) => Some(entry),
        Finding::Malformed(_) | Finding::Misplaced => None,
    }
}

impl Sorted {
    /// Entries that broke the step are set aside in their place.
    pub fn set_broken_aside(&mut self, candidates: &[Candidate], broken: &[(Position, String)]) {
        for (position, detail) in broken {
            let of_it = |kept: &Kept| candidates[kept.candidate].position == *position;
            let Some(at) = self.kept.iter().position(of_it) else {
                continue;
            };
            let kept = self.kept.remove(at);
            self.aside.push(Aside {
                candidate: kept.candidate,
                entry: entry_of(&candidates[kept.candidate]).map(|entry| entry.entry().id),
                reason: reason::BREAKS_READER,
                detail: detail.clone(),
                in_chain: true,
            });
        }
    }

    /// What an author that was shut out wrote above its cut keeps its place and has no effect.
    pub fn set_beyond_aside(&mut self, candidates: &[Candidate], cut: &Cut) {
        let stays = |at: Position| cut.allows(at.epoch, at.seq);
        self.steps.retain(|step| stays(step.position));
        let (kept, beyond): (Vec<Kept>, Vec<Kept>) = std::mem::take(&mut self.kept)
            .into_iter()
            .partition(|kept| stays(candidates[kept.candidate].position));
        self.kept = kept;
        for kept in beyond {
            self.aside.push(Aside {
                candidate: kept.candidate,
                entry: entry_of(&candidates[kept.candidate]).map(|entry| entry.entry().id),
                reason: reason::REVOKED,
                detail: "its author was shut out, and this stands above the cut".to_owned(),
                in_chain: true,
            });
        }
    }

    /// Whether another history was shown.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.aside.iter().any(|aside| aside.reason == reason::FORKED)
    }

    /// The ids of what goes into the log.
    pub fn kept_ids<'a>(
        &'a self,
        candidates: &'a [Candidate],
    ) -> impl Iterator<Item = EntryId> + use<'a> {
        let entries = self.kept.iter().filter_map(|kept| entry_of(&candidates[kept.candidate]));
        entries.map(|entry| entry.entry().id)
    }

    /// The seals of what is in the chain; those of set aside branches stay with their bytes' sender.
    #[must_use]
    pub fn seals(&self, candidates: &[Candidate]) -> Vec<Seal> {
        let asides = self.aside.iter().filter(|aside| aside.in_chain);
        let mut seals: Vec<Seal> = self
            .kept
            .iter()
            .map(|kept| kept.candidate)
            .chain(asides.map(|aside| aside.candidate))
            .filter_map(|candidate| candidates[candidate].seal)
            .collect();
        seals.dedup_by_key(|seal| seal.position);
        seals
    }
}

/// Chains grow without gaps: what is held of an epoch is all up to its head.
#[must_use]
pub fn held_of(tips: &Tips) -> Vec<EpochHeld> {
    let filled = tips.values().filter(|tip| tip.seq.0 > 0);
    filled
        .map(|tip| EpochHeld {
            epoch: tip.epoch,
            ranges: vec![Range { first: Seq(1), last: tip.seq }],
        })
        .collect()
}
