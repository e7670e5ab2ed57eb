//! The hub as a writer of its own log: what it publishes and whom it enrols, and several hubs over
//! one database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../shared-model/tests/day/mod.rs"]
#[allow(
    clippy::inconsistent_digit_grouping,
    clippy::too_many_lines,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;
mod region;

use std::time::Duration;

use region::{Base, NOW, candidates, count, digest, enrol, lived};
use shared_model::catalogue::{Article, ListArticle};
use shared_model::id::{BookId, EntryId, NodeId};
use shared_model::log::{Chain, EntryBytes, Epoch, Seq};
use shared_model::money::Currency;
use shared_model::network::Peer;
use shared_model::pricing::{PriceBooks, PriceLine, PublishBook};
use shared_model::records::{View, WorkingSet, keys};
use shared_model::tax::TaxClass;
use shared_model::text::Name;
use shared_model::time::Timestamp;
use shared_model::workflows::{Command, PublishPrices, Stamp, inspect, project};
use sync_hub::store::{AppendError, Door, HubStore};
use sync_hub::sync::enrolment::{Claim, EnrolmentRegistry as _, Refusal};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn catalogue(count: usize) -> (Vec<ListArticle>, Vec<PriceLine>) {
    let code = |n: usize| format!("ART-{n:04}").parse().unwrap();
    let articles = (0..count).map(|n| ListArticle {
        article: code(n),
        name: Name::new(&format!("Article {n}")).unwrap(),
        barcode: None,
        tax_class: TaxClass::Standard,
    });
    let prices = (0..count).map(|n| PriceLine { article: code(n), unit_price_minor: 100 });
    (articles.collect(), prices.collect())
}

/// Reads the whole feed as a node would, checking chain and seals on the way.
async fn heard(store: &HubStore, reader: NodeId) -> Vec<EntryBytes> {
    let (mut at, mut entries) = (0, Vec::new());
    loop {
        let (items, position) = store.feed(reader, at, 7).await.unwrap();
        for item in items {
            let entry = EntryBytes::parse(item.entry.into()).unwrap();
            assert_eq!(entry.hash(), item.seal.hash);
            store.identity().author_key.check(&item.seal).unwrap();
            entries.push(entry);
        }
        if position == at {
            return entries;
        }
        at = position;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_is_published_once_and_every_node_can_check_it() {
    let base = Base::new().await;
    let store = base.open().await;
    let (articles, prices) = catalogue(450);
    let from = Timestamp::from_ms(NOW.ms() - 1);
    let publish = || store.publish_catalogue(&articles, &prices, Currency::KES, from, NOW);
    let published = publish().await.unwrap();
    assert_eq!((published.articles, published.prices), (450, 450));
    let again = publish().await.unwrap();
    assert_eq!((again.articles, again.book), (0, None));

    let entries = heard(&store, NodeId::new(Uuid::from_u128(5))).await;
    assert_eq!(entries.len(), 3 + 3 + 1);
    let identity = store.identity();
    let mut chain = Chain::start(Epoch(1));
    let (mut set, mut memory) = (WorkingSet::default(), shared_model::records::Memory::default());
    for entry in &entries {
        chain.push(entry).unwrap();
        let hub = Some((identity.node, identity.author_key));
        let body = inspect(entry.entry(), hub).unwrap().unwrap();
        let stamp = Stamp { author: identity.node, at: entry.entry().hlc.at(), staff: None };
        let Ok(()) = project(&mut View::new(&mut set, &mut memory), &stamp, &body);
        memory.save(&mut set);
    }
    let books: PriceBooks = memory.get(identity.node, keys::ONLY).unwrap();
    assert_eq!(books.in_force(NOW, Currency::KES).unwrap().book, published.book.unwrap());
    assert!(memory.get::<Article>(identity.node, "ART-0449").is_some());
    let held = digest(&store, identity.node).await;
    assert_eq!(held, memory.digest(identity.node).to_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_writes_nothing_and_a_repeated_one_nothing_more() {
    let base = Base::new().await;
    let store = base.open().await;
    let command = Command::PublishPrices(PublishPrices {
        id: EntryId::new(Uuid::from_u128(1)),
        book: PublishBook {
            book: BookId::new(Uuid::from_u128(2)),
            currency: Currency::KES,
            valid_from: NOW,
            lines: 9,
            hash: shared_model::log::Hash::ZERO,
            signature: [0; 64],
        },
    });
    let refused = store.append(&command, Currency::KES, NOW).await;
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    assert_eq!(count(&store, "SELECT count(*) FROM log").await, 0);
    let list = Command::ListArticles(shared_model::workflows::ListArticles {
        id: EntryId::new(Uuid::from_u128(1)),
        articles: catalogue(1).0,
    });
    let first = store.append(&list, Currency::KES, NOW).await.unwrap();
    let second = store.append(&list, Currency::KES, NOW).await.unwrap();
    assert!(!first.again && second.again);
    assert_eq!(first.position, second.position);
    let reused = store.append(&command, Currency::KES, NOW).await;
    assert!(matches!(reused, Err(AppendError::IdReused)));
}

fn claim(number: u128, token_hash: [u8; 32], site: &str) -> Claim {
    Claim {
        token_hash,
        node: NodeId::new(Uuid::from_u128(number)),
        site: site.parse().unwrap(),
        author_public_key: [u8::try_from(number).unwrap(); 32],
        certificate_fingerprint: [3; 32],
        now: NOW,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_admits_one_box_and_the_region_hears_of_it() {
    let base = Base::new().await;
    let store = base.open().await;
    let door = Door { root_pin: [1; 32], addresses: vec!["hub.example:7443".to_owned()] };
    let site = "NBO-1".parse().unwrap();
    let entity = "KE".parse().unwrap();
    let token = store.invite(&door, &site, &entity, NOW).await.unwrap();
    let first = claim(7, token.hash, "NBO-1");
    assert_eq!(store.admit(&first).await.unwrap().unwrap().site, site);
    // The answer was lost: it asks again.
    assert!(store.admit(&first).await.unwrap().is_ok());
    let other = store.admit(&claim(8, token.hash, "NBO-1")).await.unwrap();
    assert_eq!(other, Err(Refusal::TokenUsed));
    // Another box for the same site, with a token of its own.
    let token = store.invite(&door, &site, &entity, NOW).await.unwrap();
    let second = claim(8, token.hash, "NBO-1");
    let taken = store.admit(&second).await.unwrap();
    assert!(matches!(taken, Err(Refusal::SiteTaken { .. })));
    let hub = store.identity().node;
    let peer: Peer = store.record(hub, "NBO-1").await.unwrap().unwrap();
    assert_eq!(peer.node, first.node);
    assert_eq!(heard(&store, second.node).await.len(), 1);
    // The first is stolen: its seat is free again, and the region hears of that too.
    let id = EntryId::new(Uuid::from_u128(99));
    let revoked = store.revoke(id, first.node, "stolen", NOW).await.unwrap();
    assert_eq!(revoked.position.seq, Seq(2));
    assert!(store.revoke(id, first.node, "stolen", NOW).await.unwrap().again);
    assert!(store.admit(&second).await.unwrap().is_ok());
    let peer: Peer = store.record(hub, "NBO-1").await.unwrap().unwrap();
    assert_eq!((peer.node, peer.revoked), (second.node, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_hubs_open_one_database_and_wake_each_other() {
    let base = Base::new().await;
    let (first, second, third) = tokio::join!(base.open(), base.open(), base.open());
    assert_eq!(first.identity(), second.identity());
    assert_eq!(first.identity(), third.identity());
    let cancel = CancellationToken::new();
    let relays: Vec<_> = [&first, &second]
        .into_iter()
        .map(|store| {
            let (store, cancel) = (store.clone(), cancel.clone());
            tokio::spawn(async move { store.relay_signals(cancel).await })
        })
        .collect();
    let mut woken = second.signals().feed();
    woken.mark_unchanged();
    let waiting = async {
        // The other side may not listen yet: say it until it hears.
        for n in 0_u128.. {
            let command = Command::ListArticles(shared_model::workflows::ListArticles {
                id: EntryId::new(Uuid::from_u128(1000 + n)),
                articles: catalogue(1).0,
            });
            first.append(&command, Currency::KES, NOW).await.unwrap();
            let heard = tokio::time::timeout(Duration::from_millis(200), woken.changed());
            if heard.await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
    cancel.cancel();
    for relay in relays {
        relay.await.unwrap();
    }
    // At once from both: one chain, no gap.
    let appending = [&first, &second].into_iter().enumerate().map(|(index, store)| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..20_u128 {
                let command = Command::ListArticles(shared_model::workflows::ListArticles {
                    id: EntryId::new(Uuid::from_u128(((index as u128 + 1) << 64) + n)),
                    articles: catalogue(1).0,
                });
                store.append(&command, Currency::KES, NOW).await.unwrap();
            }
        })
    });
    for task in appending.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert!(region::is_chain(&heard(&first, NodeId::new(Uuid::nil())).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_refuses_a_database_that_is_not_its_own() {
    let base = Base::new().await;
    base.open().await;
    let error = base.try_open("mombasa").await.err().unwrap();
    assert!(error.to_string().contains("nairobi"), "{error:#}");
    std::fs::remove_file(base.state.path().join("secrets/author_key")).unwrap();
    let error = base.try_open("nairobi").await.err().unwrap();
    assert!(error.to_string().contains("author key"), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_put_back_in_time_goes_on_under_a_new_epoch() {
    let base = Base::new().await;
    let store = base.open().await;
    let list = |n: u128| {
        Command::ListArticles(shared_model::workflows::ListArticles {
            id: EntryId::new(Uuid::from_u128(n)),
            articles: catalogue(1).0,
        })
    };
    store.append(&list(1), Currency::KES, NOW).await.unwrap();
    // What a recovery to an earlier point leaves: the incarnation last met is not today's.
    let client = store.client().await.unwrap();
    client.execute("UPDATE hub SET incarnation = 'another'", &[]).await.unwrap();
    let after = store.append(&list(2), Currency::KES, NOW).await.unwrap();
    assert_eq!((after.position.epoch, after.position.seq), (Epoch(2), Seq(1)));
    let next = store.append(&list(3), Currency::KES, NOW).await.unwrap();
    assert_eq!((next.position.epoch, next.position.seq), (Epoch(2), Seq(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_taken_in_anew_are_the_same() {
    let base = Base::new().await;
    let store = base.open().await;
    let region = lived(5, 200);
    let depot = &region.depots[0];
    enrol(&store, depot).await;
    let batch = candidates(&depot.key, &depot.log);
    store.ingest(depot.node(), batch, NOW).await.unwrap();
    // As if half of it had come before this version could read it.
    let client = store.client().await.unwrap();
    client.execute("UPDATE log SET projected = seq < 10", &[]).await.unwrap();
    client.execute("DELETE FROM orders", &[]).await.unwrap();
    assert_eq!(store.read_what_waited().await.unwrap(), 1);
    let own = depot.memory.digest(depot.node()).to_bytes();
    assert_eq!(digest(&store, depot.node()).await, own);
    let orders = depot.all::<shared_model::orders::Order>().len();
    assert_eq!(count(&store, "SELECT count(*) FROM orders").await, orders as i64);
    assert_eq!(count(&store, "SELECT count(*) FROM log WHERE NOT projected").await, 0);
}
