//! What the hub's session makes of a batch, entry by entry.

use uuid::Uuid;

use super::*;
use crate::id::{EntryId, SiteCode};
use crate::log::{AuthorKey, Entry, SCHEMA_VERSION, Scope};
use crate::time::{ClockTrust, Hlc};

fn node() -> NodeId {
    NodeId::new(Uuid::from_u128(1))
}

fn entry(seq: u64, prev: Hash) -> EntryBytes {
    EntryBytes::seal_in(Entry {
        position: Position { node: node(), epoch: Epoch(1), seq: Seq(seq) },
        prev,
        hlc: Hlc::from_bits(seq),
        clock: ClockTrust::Trusted,
        scope: Scope::Site,
        kind: 4,
        schema: SCHEMA_VERSION,
        id: EntryId::new(Uuid::from_u128(u128::from(seq))),
        actor: None,
        payload: Vec::new().into(),
    })
    .unwrap()
}

fn met(key: &AuthorKey) -> HubSession {
    let mut session = HubSession::new(node());
    let site: SiteCode = "NBO-1".parse().unwrap();
    session.handle_frame(Frame::Hello(Hello {
        protocol_min: PROTOCOL,
        protocol_max: PROTOCOL,
        node: node(),
        site,
        heads: Vec::new(),
        hub_incarnation: None,
        cursor: 0,
        software: String::new(),
        now: Timestamp::default(),
    }));
    session.handle_standing(Some(Standing {
        hub: NodeId::new(Uuid::from_u128(9)),
        incarnation: vec![1],
        author_key: key.public(),
        revoked: false,
        held: Vec::new(),
        heads: Vec::new(),
        hash_at_theirs: Vec::new(),
        admitted_fork: None,
        now: Timestamp::default(),
    }));
    session
}

fn findings(session: &mut HubSession) -> Vec<Finding> {
    let mut found = Vec::new();
    while let Some(action) = session.poll_action() {
        if let HubAction::Ingest(candidates) = action {
            found.extend(candidates.into_iter().map(|candidate| candidate.finding));
        }
    }
    found
}

#[test]
fn the_chain_goes_on_over_what_is_no_entry_of_its_place() {
    let key = AuthorKey::from_secret(&[7; 32]);
    let first = entry(1, Hash::ZERO);
    // The second claims another place; the third is no entry at all.
    let second = entry(40, first.hash());
    let third = vec![0xff; 9];
    let fourth = entry(4, Hash::of(&third));
    let seal = key.seal(fourth.entry().position, fourth.hash());
    let mut session = met(&key);
    session.handle_frame(Frame::Batch(Batch {
        epoch: Epoch(1),
        first: Seq(1),
        entries: vec![
            first.into_bytes().into(),
            second.into_bytes().into(),
            third.into(),
            fourth.into_bytes().into(),
        ],
        seals: vec![seal],
    }));
    assert!(matches!(
        findings(&mut session).as_slice(),
        [Finding::Chained(_), Finding::Misplaced, Finding::Malformed(_), Finding::Chained(_)]
    ));
}
