//! The views over a real store: a small depot whose hub has published, whose neighbour sold some of
//! its stock, and whose staff work a day.

mod advice;
mod asking;
mod planning;
mod shapes;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use firmware_config::Profile;
use rusqlite::Connection;
use serde_json::{Value, json};
use shared_model::catalogue::Article;
use shared_model::id::{BookId, EntryId, NodeId, RightId, StaffId};
use shared_model::log::{AuthorKey, Epoch, Hash, Seq};
use shared_model::money::Currency;
use shared_model::network::Peer;
use shared_model::pricing::{Book, BookStatus, PriceBooks, PriceLine};
use shared_model::records::{AnyRecord, keys};
use shared_model::rights::{Grants, Holding, RemoteItem, RemoteSale, Right};
use shared_model::staff::Role;
use shared_model::sync::v1::{Ack, EpochHeld};
use shared_model::tax::{Jurisdiction, TaxClass};
use shared_model::time::Timestamp;
use shared_model::workflows::{Command, EnrolStaff, Kind, Site};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;
use web_rim::secret::{Hasher, Pepper, hash_now};

use crate::advice::Advice;
use crate::dispatch::planner::Planner;
use crate::dispatch::roads_at_hand::RoadsAtHand;
use crate::identity::testing::{AMINA, AMINA_PIN, MUSA, MUSA_PIN, find_staff};
use crate::identity::{Identity, credentials, devices, moment::Moment};
use crate::store::{Asker, CommandError, Hub, Opening, Store, StoreError, migrate, put_hub};
use crate::store::{author_bytes, write_beside};
use crate::web::app::{App, PLANNER_PAGES_MAX, Place};
use crate::web::auth::IdentityState;
use crate::web::live::{KINDS, Live};
use crate::web::{body, device, headers, plan, session};

const NBO_1: NodeId = NodeId::new(Uuid::from_u128(100));
const NBO_2: NodeId = NodeId::new(Uuid::from_u128(200));
const HUB: NodeId = NodeId::new(Uuid::from_u128(900));
/// A right of NBO-2's stock that is held here.
const HELD: RightId = RightId::new(Uuid::from_u128(0xa1));
/// A right of our stock that NBO-2 holds.
const LENT: RightId = RightId::new(Uuid::from_u128(0xa2));

struct Depot {
    store: Store,
    pages: Router,
    cookies: Vec<String>,
    commands: u128,
    _folder: tempfile::TempDir,
}

impl Depot {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        migrate(&path, NBO_1).unwrap();
        write_beside(&path, |db| {
            put_hub(db, Hub { node: HUB, author_key: AuthorKey::from_secret(&[9; 32]).public() })?;
            published(db)
        })
        .unwrap();
        let opening = Opening {
            site: site(),
            author_key: AuthorKey::from_secret(&[7; 32]),
            process: [7; 16],
            built_ms: 0,
        };
        let store = Store::open(&path, opening).unwrap().0;
        let pages = pages(&store);
        let mut depot = Self { store, pages, cookies: Vec::new(), commands: 0, _folder: folder };
        depot.enrol(AMINA, "Amina", Role::Manager, AMINA_PIN).await;
        depot.enrol(MUSA, "Musa", Role::Picker, MUSA_PIN).await;
        depot
    }

    async fn enrol(&mut self, staff: StaffId, name: &str, role: Role, pin: &str) {
        let name = shared_model::text::Name::new(name).unwrap();
        let command = Command::EnrolStaff(EnrolStaff { id: self.next_id(), staff, name, role });
        self.store.submit(command, [0; 32], Asker::NODE).await.unwrap();
        let phc = hash_now(&pepper(), pin.as_bytes()).unwrap();
        let set = move |db: &rusqlite::Transaction<'_>| {
            Ok(credentials::set(db, staff, &phc, Timestamp::from_ms(0))?)
        };
        self.store.write_local(set).await.unwrap();
    }

    fn next_id(&mut self) -> EntryId {
        self.commands += 1;
        EntryId::new(Uuid::from_u128(0xc000_0000 + self.commands))
    }

    /// Carries a command out as a manager of that name would have it done.
    async fn by(&mut self, staff: StaffId, name: &str, mut command: Value) -> Value {
        command["id"] = json!(self.next_id());
        let bytes = command.to_string().into_bytes();
        let parsed = body::parse_seed(Kind::by_name(name).unwrap(), &bytes).unwrap();
        let asker = Asker { staff: Some(staff), role: Role::Manager };
        let hash = *Hash::of(&bytes).as_bytes();
        let answer: Result<_, CommandError> = self.store.submit(parsed, hash, asker).await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error} {command}"));
        serde_json::from_str(&answer.reply).unwrap()
    }

    async fn send(&mut self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "depot.lan")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, self.cookies.join("; "));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.pages.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let name = pair.split('=').next().unwrap().to_owned();
            self.cookies.retain(|kept| !kept.starts_with(&name));
            self.cookies.push(pair);
        }
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn pair(&mut self) {
        let code = devices::PairingCode::draw().unwrap();
        let (kept, now) = (code.clone(), Moment::now());
        let keep = move |db: &rusqlite::Transaction<'_>| Ok(devices::keep_code(db, &kept, &now)?);
        self.store.write_local(keep).await.unwrap();
        let body = json!({ "code": code.to_string(), "name": "Till 1" });
        assert_eq!(self.send("POST", "/api/v1/device", Some(body)).await.0, 204);
    }

    async fn sign_in(&mut self, staff: StaffId, pin: &str) {
        if self.cookies.is_empty() {
            self.pair().await;
        }
        let body = json!({ "staff": staff, "pin": pin });
        assert_eq!(self.send("POST", "/api/v1/session", Some(body)).await.0, 200);
    }

    /// What a page shows to whoever is signed in.
    async fn page(&mut self, path: &str) -> Value {
        let (status, shown) = self.send("GET", &format!("/api/v1/{path}"), None).await;
        assert_eq!(status, 200, "{path}: {shown}");
        shown
    }

    /// The items of a list that fits into one answer.
    async fn items(&mut self, path: &str) -> Vec<Value> {
        let shown = self.page(path).await;
        assert_eq!(shown["next"], Value::Null, "{path}");
        shown["items"].as_array().unwrap().clone()
    }

    /// As if the hub had told that it holds all up to here.
    async fn all_sent(&self) {
        let head = self.store.read(crate::store::sync_state).await.unwrap().head;
        let range = shared_model::log::Range { first: Seq(1), last: head.seq };
        let held = vec![EpochHeld { epoch: Epoch(1), ranges: vec![range] }];
        let ack = Ack { held, quarantined: 0, set_aside: Vec::new() };
        self.store.note_ack(ack, Timestamp::from_ms(1_790_000_000_000)).await.unwrap();
    }
}

fn pages(store: &Store) -> Router {
    let identity = Identity::new(store.clone(), Hasher::new(pepper()).unwrap(), find_staff);
    let profile = include_str!("../../../../../firmware-config/profiles/nbo-1.toml");
    let state = IdentityState::new(identity, "NBO-1");
    let advice = Advice::new(180, Timestamp::from_ms(0));
    tokio::spawn(advice.clone().follow(store.clone(), CancellationToken::new()));
    let planner = Planner::new(
        store.clone(),
        site(),
        180,
        crate::store::now,
        RoadsAtHand::new(Path::new("no roads")),
        || {},
    );
    let app = App {
        store: store.clone(),
        identity: state.clone(),
        live: Live::new(KINDS).unwrap(),
        advice,
        planner,
        planner_pages: Arc::new(Semaphore::new(PLANNER_PAGES_MAX)),
        stopping: CancellationToken::new(),
        place: Arc::new(Place {
            site: site(),
            profile: Profile::parse(profile).unwrap(),
            version: "0.0.0-test",
            map_file: PathBuf::from("no map"),
        }),
    };
    let routes = Router::new()
        .merge(super::router())
        .merge(plan::router())
        .merge(device::router(state.clone()))
        .merge(session::router(state))
        .with_state(app);
    headers::guard(routes, headers::LIMITS)
}

fn pepper() -> Pepper {
    Pepper::from_bytes([7; 32])
}

fn site() -> Site {
    Site {
        node: NBO_1,
        hub: Some(HUB),
        site: "NBO-1".parse().unwrap(),
        region: "nairobi".parse().unwrap(),
        entity: "KE".parse().unwrap(),
        currency: Currency::KES,
        jurisdiction: Jurisdiction::KE,
        bins: ["RECV", "B-01", "A-01"].map(|bin| bin.parse().unwrap()).to_vec(),
        unsellable: vec!["RECV".parse().unwrap()],
        rider_fee_minor: 15_000,
        count_variance_minor_max: 0,
    }
}

/// What came from the hub and from NBO-2, as the feed would have left it.
fn published(db: &Connection) -> Result<(), StoreError> {
    let (tea, milk) = ("TEA".parse().unwrap(), "MILK".parse().unwrap());
    for (code, name, barcode) in
        [(&tea, "Tea, 500 g", Some("6161100000017")), (&milk, "Milk, 1 l", None)]
    {
        let article = Article {
            code: Clone::clone(code),
            name: name.to_owned(),
            barcode: barcode.map(str::to_owned),
            tax_class: TaxClass::Standard,
            packs: Vec::new(),
        };
        keep(db, HUB, article.code.as_str().to_owned(), article.into())?;
    }
    let book = BookId::new(Uuid::from_u128(0xb0));
    let of_today = Book {
        book,
        status: BookStatus::Published,
        currency: Some(Currency::KES),
        valid_from: Timestamp::from_ms(0),
        lines: 1,
        hash: Hash::ZERO,
    };
    keep(db, HUB, keys::ONLY.to_owned(), PriceBooks { books: vec![of_today] }.into())?;
    for article in [&tea, &milk] {
        let line = PriceLine { article: Clone::clone(article), unit_price_minor: 10_000 };
        keep(db, HUB, keys::price(book, article), line.into())?;
    }
    for (node, site) in [(NBO_1, "NBO-1"), (NBO_2, "NBO-2")] {
        let peer = Peer {
            node,
            site: site.parse().unwrap(),
            entity: "KE".parse().unwrap(),
            author_key: AuthorKey::from_secret(&[1; 32]).public(),
            revoked: false,
        };
        keep(db, HUB, site.to_owned(), peer.into())?;
    }
    let right = Right {
        right: HELD,
        article: Clone::clone(&milk),
        home: NBO_2,
        holder: NBO_1,
        granted: 5,
        absorbed: 0,
        handed_over: 0,
    };
    keep(db, NBO_2, HELD.to_string(), right.into())?;
    keep(db, NBO_2, keys::grants(NBO_1, &milk), Grants { rights: vec![HELD] }.into())?;
    let spent = Holding { spent: 2, returned: 1, passed_on: 0 };
    keep(db, NBO_2, LENT.to_string(), spent.into())?;
    let order = shared_model::id::OrderId::new(Uuid::from_u128(0x5a1e));
    let item = |right, home, article: &_, quantity| RemoteItem {
        right,
        home,
        article: Clone::clone(article),
        quantity,
    };
    let items = vec![item(HELD, HUB, &milk, 1), item(LENT, NBO_1, &tea, 2)];
    let sale = RemoteSale { order, number: "NBO-2-000001".to_owned(), items };
    keep(db, NBO_2, order.to_string(), sale.into())
}

fn keep(db: &Connection, author: NodeId, key: String, record: AnyRecord) -> Result<(), StoreError> {
    let index = record.index();
    db.execute(
        &format!(
            "INSERT INTO {} (author, key, status, sort, text, epoch, seq, body)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, ?6)",
            record.kind().table()
        ),
        (author_bytes(&author), key, index.status, index.sort, index.text, record.encode()),
    )?;
    Ok(())
}
