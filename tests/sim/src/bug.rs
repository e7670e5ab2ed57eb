//! Bugs that can be planted at the seams between the real parts: each must be caught, by the invariant
//! that it breaks. A simulator that finds nothing in a broken region finds nothing.

/// What is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The depot tells a person that it is done before the commit.
    AckBeforeCommit,
    /// The depot's disk says that it has synced, and has not.
    SyncIgnored,
    /// The hub acknowledges, and then its transaction is lost.
    HubAckBeforeCommit,
    /// The hub comes back from a backup and says it is the one it was.
    RewindUnnoticed,
    /// A page mints a new id when it asks again.
    RetryWithNewId,
    /// A right that was spent comes free by the clock.
    RightFreedByClock,
    /// A box put back from a backup goes on in its old epoch, and the hub writes over what it holds.
    EpochReused,
    /// The hub takes entries into records twice when a batch comes again.
    AppliedTwice,
    /// The hub loses one balance of every batch.
    BalanceLost,
    /// The feed's reader is told a position beyond what it was sent.
    FeedSkips,
    /// The feed hands out the newest first, and the position of the last.
    FeedUnordered,
    /// Entries of one site are sent to all.
    ScopeLeaks,
    /// The hub does not look at seals.
    SealUnchecked,
    /// The hub passes on what it has changed.
    HubForges,
    /// A revoked node is served on.
    RevokedServed,
    /// The hub stamps by the wall clock alone.
    HubClockBack,
    /// A fork's entries take the place of those that are held.
    ForkOverwrites,
    /// A node that was once sent away never calls again.
    NeverCallsAgain,
    /// The hub wakes nobody when its feed has grown, and nobody looks.
    FeedSleeps,
    /// The depot counts what it sends as acknowledged, and sends on.
    WindowIgnored,
    /// What was set aside is thrown away.
    QuarantineDropped,
    /// The lost tail is acknowledged and not written.
    TailDropped,
    /// The answer of another command is given to who asks again.
    WrongAnswer,
}

/// A planted bug, and the invariants of which one must catch it.
#[derive(Debug, Clone, Copy)]
pub struct Planted {
    pub bug: Bug,
    pub caught_by: &'static [&'static str],
    /// A seed that catches it.
    pub seed: u64,
}

const fn planted(bug: Bug, seed: u64, caught_by: &'static [&'static str]) -> Planted {
    Planted { bug, caught_by, seed }
}

/// All of them.
pub const PLANTED: &[Planted] = &[
    planted(Bug::AckBeforeCommit, 1, &["I2"]),
    planted(Bug::SyncIgnored, 14, &["I2"]),
    planted(Bug::HubAckBeforeCommit, 1, &["I2"]),
    planted(Bug::RewindUnnoticed, 3, &["I1", "I2", "I14"]),
    planted(Bug::RetryWithNewId, 42, &["I6"]),
    planted(Bug::RightFreedByClock, 164, &["I3", "I4"]),
    planted(Bug::EpochReused, 264, &["I6", "I8"]),
    planted(Bug::AppliedTwice, 100, &["I1", "I6"]),
    planted(Bug::BalanceLost, 1, &["I5"]),
    planted(Bug::FeedSkips, 1, &["I1"]),
    planted(Bug::FeedUnordered, 1, &["I1", "I14"]),
    planted(Bug::ScopeLeaks, 2, &["I12"]),
    planted(Bug::SealUnchecked, 4, &["I9"]),
    planted(Bug::HubForges, 1, &["I9"]),
    planted(Bug::RevokedServed, 4, &["I10"]),
    planted(Bug::HubClockBack, 2, &["I13"]),
    planted(Bug::ForkOverwrites, 28, &["I8", "I10"]),
    planted(Bug::NeverCallsAgain, 4, &["I14"]),
    planted(Bug::FeedSleeps, 5, &["I14", "I1"]),
    planted(Bug::WindowIgnored, 10, &["I11"]),
    planted(Bug::QuarantineDropped, 100, &["I2"]),
    planted(Bug::TailDropped, 3, &["I1", "I2", "I14"]),
    planted(Bug::WrongAnswer, 2, &["I7"]),
];
