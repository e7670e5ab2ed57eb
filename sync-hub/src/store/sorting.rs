//! What becomes of each entry that came: into the chain, known already, or set aside. Pure: the
//! store hands in where the chains stand and what is held.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared_model::id::{EntryId, NodeId};
use shared_model::log::{AuthorPublicKey, Entry, EntryBytes, Epoch, Hash, Seq};
use shared_model::sync::v1::{Candidate, Finding};
use shared_model::time::Hlc;
use shared_model::workflows::{Body, Stamp, inspect};

use super::error::StoreError;
use super::projecting::{Step, contained};

/// Where an epoch's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) epoch: Epoch,
    pub(super) seq: Seq,
    pub(super) hash: Hash,
    pub(super) hlc: Hlc,
}

impl Tip {
    pub(super) const fn start(epoch: Epoch) -> Self {
        Self { epoch, seq: Seq(0), hash: Hash::ZERO, hlc: Hlc::from_bits(0) }
    }

    fn advance(&mut self, hash: Hash, hlc: Option<Hlc>) {
        self.seq = self.seq.next();
        self.hash = hash;
        self.hlc = self.hlc.max(hlc.unwrap_or(self.hlc));
    }
}

pub(super) type Tips = BTreeMap<Epoch, Tip>;

/// Why an entry is set aside; the word is kept with it.
pub(super) mod reason {
    pub(in crate::store) const FORKED: &str = "forked";
    pub(in crate::store) const MALFORMED: &str = "malformed";
    pub(in crate::store) const MISPLACED: &str = "misplaced";
    pub(in crate::store) const UNSOUND: &str = "unsound";
    pub(in crate::store) const BREAKS_READER: &str = "breaks-reader";
}

/// An entry set aside. `candidate` counts in the batch.
pub(super) struct Aside {
    pub(super) candidate: usize,
    pub(super) entry: Option<EntryId>,
    pub(super) reason: &'static str,
    pub(super) detail: String,
    /// Its place in the chain is taken by it.
    pub(super) in_chain: bool,
}

/// What a batch comes to.
#[derive(Default)]
pub(super) struct Sorted {
    /// Sound entries, to be taken into records.
    pub(super) steps: Vec<Step>,
    /// The candidates of `steps`, and those of a later schema.
    pub(super) kept: Vec<Kept>,
    pub(super) aside: Vec<Aside>,
    /// Chains that grew.
    pub(super) grown: Tips,
}

/// An entry for the log.
pub(super) struct Kept {
    pub(super) candidate: usize,
    /// Not when its schema is a later one: it waits for the upgrade.
    pub(super) projected: bool,
}

const OTHER_HISTORY: &str = "it follows another history";

/// Sorts a batch of `node`. `held` answers for every place up to the tips.
///
/// # Errors
/// [`StoreError::Moved`] when the batch would leave a gap.
pub(super) fn sort(
    node: NodeId,
    tips: &Tips,
    held: &HashMap<(Epoch, Seq), Hash>,
    candidates: &[Candidate],
    hub: (NodeId, AuthorPublicKey),
) -> Result<Sorted, StoreError> {
    let mut sorting = Sorting {
        tips: tips.clone(),
        apart: HashSet::new(),
        branched: HashSet::new(),
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
                Finding::Chained(_) | Finding::Held(_) => return Err(StoreError::Moved { node }),
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
    apart: HashSet<(Epoch, Seq, Hash)>,
    /// Epochs in which the batch left our history: what follows belongs to the branch.
    branched: HashSet<Epoch>,
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
pub(super) const fn entry_of(candidate: &Candidate) -> Option<&EntryBytes> {
    match &candidate.finding {
        Finding::Chained(entry) | Finding::Held(entry) | Finding::Forked(entry) => Some(entry),
        Finding::Malformed(_) | Finding::Misplaced => None,
    }
}
