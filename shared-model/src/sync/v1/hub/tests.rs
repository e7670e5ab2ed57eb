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
    said_hello(HubSession::new(node()), key, Vec::new(), false)
}

/// A session that knows the node, which says where its log ends.
fn said_hello(
    mut session: HubSession,
    key: &AuthorKey,
    heads: Vec<EpochHead>,
    revoked: bool,
) -> HubSession {
    let site: SiteCode = "NBO-1".parse().unwrap();
    session.handle_frame(Frame::Hello(Hello {
        protocol_min: PROTOCOL,
        protocol_max: PROTOCOL,
        node: node(),
        site,
        heads,
        hub_incarnation: None,
        cursor: 0,
        software: String::new(),
        now: Timestamp::default(),
        denylist: None,
    }));
    session.handle_standing(Some(Standing {
        hub: NodeId::new(Uuid::from_u128(9)),
        incarnation: vec![1],
        author_key: key.public(),
        revoked,
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

/// Who was revoked hands in what it says it has, is told nothing of others, and is sent away; from a
/// session that does not hear it out it is sent away at once.
#[test]
fn a_revoked_node_is_heard_out_once_where_its_entries_can_be_set_aside() {
    let key = AuthorKey::from_secret(&[7; 32]);
    let first = entry(1, Hash::ZERO);
    let head = EpochHead { epoch: Epoch(1), seq: Seq(1), hash: first.hash() };
    let all = |mut session: HubSession| {
        std::iter::from_fn(move || session.poll_action()).collect::<Vec<_>>()
    };
    let sent_away = |actions: &[HubAction]| {
        let welcomed = |action: &HubAction| matches!(action, HubAction::Send(Frame::Welcome(_)));
        let away = actions.iter().any(
            |action| matches!(action, HubAction::Close(bye) if bye.reason == ByeReason::Revoked),
        );
        away && !actions.iter().any(welcomed)
    };
    let deaf = said_hello(HubSession::new(node()), &key, vec![head], true);
    assert!(sent_away(&all(deaf)));
    let nothing_left = said_hello(HubSession::new(node()).hearing_out(), &key, Vec::new(), true);
    assert!(sent_away(&all(nothing_left)));

    let mut session = said_hello(HubSession::new(node()).hearing_out(), &key, vec![head], true);
    let seal = key.seal(first.entry().position, first.hash());
    session.handle_frame(Frame::Batch(Batch {
        epoch: Epoch(1),
        first: Seq(1),
        entries: vec![first.into_bytes().into()],
        seals: vec![seal],
    }));
    let mut handed_in = 0;
    while let Some(action) = session.poll_action() {
        assert!(!matches!(action, HubAction::ReadFeed { .. }), "nothing is told");
        if let HubAction::Ingest(candidates) = action {
            handed_in += candidates.len();
        }
    }
    assert_eq!((handed_in, session.is_closed()), (1, false));
    session.handle_ingested(Ack { held: Vec::new(), quarantined: 1, set_aside: Vec::new() });
    assert!(session.is_closed());
}
