//! A day at a depot, drawn from a seed and done by the depot's own store: goods come in, are sold and
//! counted, the hub's feed and acknowledgements arrive, the box is stopped and started again.

use std::sync::Arc;
use std::thread::JoinHandle;

use depot_store::{
    Asker, CommandError, Hub, OpenError, Opening, Store, StoreError, checkpoint, migrate,
    put_contact, put_hub, write_beside,
};
use serde_json::{Value, json};
use shared_model::catalogue::{Article, Event as CatalogueEvent};
use shared_model::id::{ArticleCode, BookId, EntryId, NodeId};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, Range, SCHEMA_VERSION, Scope, Seq,
};
use shared_model::money::Currency;
use shared_model::pricing::{
    BOOK_SIGNING_CONTEXT, Event as PricingEvent, PriceBooks, PriceLine, book_message,
};
use shared_model::sync::v1::{Ack, EpochHeld, FeedItem};
use shared_model::tax::{Jurisdiction, TaxClass};
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{Body, Command, Kind, Site};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::dice::Dice;
use crate::disk::{Disk, Mounted};
use crate::vfs;

/// Whose log it is.
pub const NODE: NodeId = NodeId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0000_0000_0001));
/// Its hub.
pub const HUB: NodeId = NodeId::new(Uuid::from_u128(0x0190_b8a0_7c3e_7000_8000_0000_0000_0002));
const ARTICLES: usize = 6;
/// Ids of commands and what they make; drawn in order, so that a retry has the same.
const IDS_FROM: u128 = 0x0190_b8a0_7c3e_7000_8000_0001_0000_0000;

/// One thing that happens. Data, so that it can be tried again word for word.
#[derive(Debug, Clone)]
pub enum Step {
    /// A command that a person sends, as JSON.
    Do(&'static str, Value),
    /// Commands that share one commit.
    Together(Vec<(&'static str, Value)>),
    /// The hub's feed up to a position.
    Feed(Vec<FeedItem>, u64),
    Met(u64),
    /// The hub has committed so many own entries.
    Acked(u64),
    /// A note outside the log.
    Contact(i64),
    Checkpoint,
    Restart,
}

/// The key of the depot's log.
#[must_use]
pub fn author_key() -> AuthorKey {
    AuthorKey::from_secret(&[7; 32])
}

/// The depot's profile, as the store needs it.
///
/// # Panics
/// Never: the names are in bounds.
#[must_use]
pub fn site() -> Site {
    Site {
        node: NODE,
        hub: None,
        site: "NBO-1".parse().expect("a code"),
        region: "nairobi".parse().expect("a region"),
        entity: "KE".parse().expect("an entity"),
        currency: Currency::KES,
        jurisdiction: Jurisdiction::KE,
        bins: ["RECV", "A-01", "B-01"].map(|bin| bin.parse().expect("a bin")).to_vec(),
        unsellable: vec!["RECV".parse().expect("a bin")],
        rider_fee_minor: 15_000,
        count_variance_minor_max: 0,
    }
}

/// The hour on the disks in memory.
#[must_use]
pub fn clock() -> Timestamp {
    Timestamp::from_ms(vfs::now_ms())
}

/// Draws what happens, `commits` times or a little more.
#[must_use]
pub fn draw(seed: u64, commits: usize) -> Vec<Step> {
    let mut draft =
        Draft { dice: Dice::new(seed), ids: IDS_FROM, steps: Vec::new(), counts: Vec::new() };
    draft.steps.push(Step::Feed(catalogue(), 3));
    for article in 0..ARTICLES {
        draft.receive(article);
    }
    let (mut since_checkpoint, restart_at) = (0, commits * 3 / 5);
    while draft.steps.len() < commits {
        if draft.steps.len() == restart_at {
            draft.steps.push(Step::Restart);
        }
        draft.something();
        since_checkpoint += 1;
        if since_checkpoint > 8 && draft.dice.once_in(3) {
            draft.steps.push(Step::Checkpoint);
            since_checkpoint = 0;
        }
    }
    draft.steps
}

struct Draft {
    dice: Dice,
    ids: u128,
    steps: Vec<Step>,
    counts: Vec<Uuid>,
}

impl Draft {
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn receive(&mut self, article: usize) {
        let (id, receipt) = (self.id(), self.id());
        let quantity = 500 + self.dice.below(500);
        let line = json!({
            "article": code(article), "quantity": quantity, "bin": "A-01", "unit_cost_minor": 7_000,
        });
        let fields = json!({"id": id, "receipt": receipt, "reference": "LPO 7", "lines": [line]});
        self.steps.push(Step::Do("receive-goods", fields));
    }

    fn sale(&mut self) -> (&'static str, Value) {
        let (id, order) = (self.id(), self.id());
        let lines: Vec<Value> = (0..1 + self.dice.below(3))
            .map(|_| {
                let (article, quantity) = (self.dice.below(ARTICLES), 1 + self.dice.below(3));
                json!({"article": code(article), "quantity": quantity})
            })
            .collect();
        ("sell", json!({"id": id, "order": order, "lines": lines, "tendered_minor": 9_000_000}))
    }

    fn customer(&mut self) -> (&'static str, Value) {
        let (id, customer) = (self.id(), self.id());
        let name = format!("Achieng {}", self.dice.below(1_000));
        let fields = json!({
            "id": id, "customer": customer, "name": name, "phone": "+254 700 000 001",
            "address": "Blue gate, Ngong Road", "note": "Ring twice",
        });
        ("register-customer", fields)
    }

    fn count(&mut self) -> (&'static str, Value) {
        let id = self.id();
        if let Some(count) = self.counts.pop() {
            let quantity = 400 + self.dice.below(500);
            return ("record-count", json!({"id": id, "count": count, "quantity": quantity}));
        }
        let (count, article) = (self.id(), code(self.dice.below(ARTICLES)));
        self.counts.push(count);
        ("start-count", json!({"id": id, "count": count, "bin": "A-01", "article": article}))
    }

    fn something(&mut self) {
        let step = match self.dice.below(12) {
            0 | 1 => {
                let article = self.dice.below(ARTICLES);
                return self.receive(article);
            }
            2..=4 => self.sale(),
            5 => self.customer(),
            6 | 7 => self.count(),
            8 => {
                let together = (0..2 + self.dice.below(4)).map(|_| self.sale()).collect();
                return self.steps.push(Step::Together(together));
            }
            9 => return self.steps.push(Step::Met(3)),
            10 => {
                let held = 1 + self.dice.below(self.steps.len());
                return self.steps.push(Step::Acked(held as u64));
            }
            _ => {
                let at = i64::try_from(self.dice.below(1_000_000)).unwrap_or(0);
                return self.steps.push(Step::Contact(at));
            }
        };
        self.steps.push(Step::Do(step.0, step.1));
    }
}

/// The code of an article that goes by a number.
#[must_use]
pub fn code(article: usize) -> String {
    format!("ART-{article}")
}

/// A depot at work on a disk in memory.
pub struct Depot {
    pub mounted: Mounted,
    open: Option<(Store, JoinHandle<()>)>,
    runtime: Runtime,
    told: u32,
}

impl Depot {
    /// Makes a depot on a disk, enrols it, and starts it; each is acknowledged.
    ///
    /// # Errors
    /// [`OpenError`]: what a person at the terminal would be told.
    ///
    /// # Panics
    /// When there is no thread to be had.
    pub fn begin(disk: Disk) -> Result<Self, OpenError> {
        let mut depot = Self::stopped(disk);
        depot.make()?;
        Ok(depot)
    }

    /// Makes what is not made yet, and starts it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn make(&mut self) -> Result<(), OpenError> {
        let path = self.mounted.database();
        if self.told == 0 {
            migrate(&path, NODE)?;
            self.tell();
        }
        if self.told == 1 {
            let hub = Hub { node: HUB, author_key: hub_key().public() };
            write_beside(&path, |db| put_hub(db, hub))?;
            self.tell();
        }
        self.start()
    }

    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.open.is_some()
    }

    /// # Errors
    /// [`OpenError`].
    pub fn start_if_stopped(&mut self) -> Result<(), OpenError> {
        if self.is_running() { Ok(()) } else { self.start() }
    }

    /// Goes on where another had been told to be.
    pub(crate) const fn take_over(&mut self, from: &Self) {
        self.told = from.told;
    }

    /// Lets its process end without anybody looking at what it writes any more.
    pub(crate) fn abandon(mut self) {
        self.stop();
    }

    /// A depot that stands on the disk and does not run.
    ///
    /// # Panics
    /// When there is no thread to be had.
    #[must_use]
    pub fn stopped(disk: Disk) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { mounted: Mounted::new(disk), open: None, runtime, told: 0 }
    }

    /// # Errors
    /// [`OpenError`].
    pub fn start(&mut self) -> Result<(), OpenError> {
        let opening =
            Opening { site: site(), author_key: author_key(), process: [7; 16], built_ms: 0 };
        self.open = Some(Store::open_at(&self.mounted.database(), opening, clock)?);
        Ok(())
    }

    /// Stops in order.
    ///
    /// # Panics
    /// When the writer did.
    pub fn stop(&mut self) {
        if let Some((store, writer)) = self.open.take() {
            drop(store);
            writer.join().expect("the writer ends");
        }
        self.mounted.disk.wait_until_closed();
    }

    /// The running store.
    ///
    /// # Panics
    /// When the depot does not run.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.open.as_ref().expect("the depot runs").0
    }

    #[must_use]
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// How much has been acknowledged.
    #[must_use]
    pub const fn told(&self) -> u32 {
        self.told
    }

    fn tell(&mut self) {
        self.told += 1;
        self.mounted.disk.tell(self.told);
    }

    /// Does one step; whatever it commits is acknowledged. A restart acknowledges nothing.
    ///
    /// # Errors
    /// Why nothing was acknowledged.
    ///
    /// # Panics
    /// When a command is refused for a reason of the trade: the day was drawn so that none is.
    pub fn step(&mut self, step: &Step) -> Result<(), StoreError> {
        let done = match step {
            Step::Do(name, fields) => self.block_on(submit(self.store(), name, fields)),
            Step::Together(commands) => self.together(commands),
            Step::Feed(items, at) => self.block_on(self.store().store_feed(items.clone(), *at)),
            Step::Met(cursor) => {
                self.block_on(self.store().note_met(vec![1], Timestamp::from_ms(1), *cursor))
            }
            Step::Acked(count) => {
                let range = Range { first: Seq(1), last: Seq(*count) };
                let held = vec![EpochHeld { epoch: Epoch(1), ranges: vec![range] }];
                let ack = Ack { held, quarantined: 0, set_aside: Vec::new() };
                self.block_on(self.store().note_ack(ack, Timestamp::from_ms(2)))
            }
            Step::Contact(at) => {
                let at = Timestamp::from_ms(*at);
                self.block_on(self.store().write_local(move |db| put_contact(db, at)))
            }
            Step::Checkpoint => {
                return checkpoint(&self.mounted.database()).map_err(store_error);
            }
            Step::Restart => {
                self.stop();
                return self.start().map_err(store_error);
            }
        };
        done.map(|()| self.tell())
    }

    /// The writer is held up until all stand in its queue.
    fn together(&self, commands: &[(&'static str, Value)]) -> Result<(), StoreError> {
        let store = self.store();
        let (begun, has_begun) = std::sync::mpsc::sync_channel::<()>(1);
        let (go, wait) = std::sync::mpsc::sync_channel::<()>(1);
        self.block_on(async {
            let mut held_up = Box::pin(store.write_local(move |_| {
                let _ = begun.try_send(());
                let _ = wait.recv();
                Ok(())
            }));
            let already = poll_once(&mut held_up).await;
            // Fails when the writer never gets to it; then all of this is refused below.
            let _ = has_begun.recv();
            let mut waiting = Vec::with_capacity(commands.len());
            for (name, fields) in commands {
                let mut answer = Box::pin(submit(store, name, fields));
                let already = poll_once(&mut answer).await;
                waiting.push((answer, already));
            }
            let _ = go.try_send(());
            let mut all = match already {
                Some(done) => done,
                None => held_up.await,
            };
            for (answer, already) in waiting {
                let done = match already {
                    Some(done) => done,
                    None => answer.await,
                };
                all = all.and(done);
            }
            all
        })
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

fn store_error(error: OpenError) -> StoreError {
    match error {
        OpenError::Store(error) => error,
        error @ (OpenError::Migration(_)
        | OpenError::SqliteTooOld { .. }
        | OpenError::OtherNode { .. }
        | OpenError::HeaderDamaged
        | OpenError::Thread(_)) => StoreError::Damaged(error.to_string()),
    }
}

async fn submit(store: &Store, name: &str, fields: &Value) -> Result<(), StoreError> {
    let kind = Kind::by_name(name).expect("a command for people");
    let command = Command::parse(kind, fields).expect("fields in range");
    let hash = *Hash::of(fields.to_string().as_bytes()).as_bytes();
    match store.submit(command, hash, Asker::NODE).await {
        Ok(_) => Ok(()),
        Err(CommandError::Store(error)) => Err(error),
        Err(error @ (CommandError::Refused(_) | CommandError::IdReused { .. })) => {
            panic!("{name}: {error}")
        }
    }
}

/// The key of the hub's log.
#[must_use]
pub fn hub_key() -> AuthorKey {
    AuthorKey::from_secret(&[9; 32])
}

/// Three entries of the hub's: articles, the lines of a price book, and its signed head.
///
/// # Panics
/// Never: they are small.
#[must_use]
pub fn catalogue() -> Vec<FeedItem> {
    let key = hub_key();
    let book = BookId::new(Uuid::from_u128(IDS_FROM - 1));
    let codes: Vec<ArticleCode> =
        (0..ARTICLES).map(|article| code(article).parse().expect("a code")).collect();
    let listed = codes.iter().map(|code| {
        let article = Article {
            code: code.clone(),
            name: format!("Article {code}"),
            barcode: None,
            tax_class: TaxClass::Standard,
            packs: Vec::new(),
        };
        CatalogueEvent::ArticleListed(article).into()
    });
    let lines: Vec<PriceLine> = codes
        .iter()
        .map(|code| PriceLine { article: code.clone(), unit_price_minor: 10_000 })
        .collect();
    let (hash, valid_from) = (PriceBooks::chain(Hash::ZERO, &lines), Timestamp::from_ms(0));
    let count = u32::try_from(lines.len()).expect("few");
    let message = book_message(book, Currency::KES, valid_from, count, hash);
    let signature = key.sign(BOOK_SIGNING_CONTEXT, &message).into();
    let published = PricingEvent::BookPublished {
        book,
        currency: Currency::KES,
        valid_from,
        lines: count,
        hash,
        signature,
    };
    let bodies = [
        (Kind::ListArticles, Body { events: listed.collect(), postings: Vec::new() }),
        (Kind::ListPrices, body_of(PricingEvent::PricesListed { book, lines })),
        (Kind::PublishPrices, body_of(published)),
    ];
    let mut prev = Hash::ZERO;
    let entries = bodies.into_iter().zip(1..).map(|((kind, body), seq)| {
        let entry = hub_entry(prev, Seq(seq), kind, &body);
        prev = entry.hash();
        let seal = key.seal(entry.entry().position, entry.hash());
        FeedItem { entry: entry.as_bytes().to_vec().into(), seal }
    });
    entries.collect()
}

fn body_of(event: PricingEvent) -> Body {
    Body { events: vec![event.into()], postings: Vec::new() }
}

fn hub_entry(prev: Hash, seq: Seq, kind: Kind, body: &Body) -> EntryBytes {
    EntryBytes::seal_in(Entry {
        position: Position { node: HUB, epoch: Epoch(1), seq },
        prev,
        hlc: Hlc::from_parts(Timestamp::from_ms(1_793_000_000_000), 0),
        clock: ClockTrust::Trusted,
        scope: Scope::Region,
        kind: kind.number(),
        schema: SCHEMA_VERSION,
        id: EntryId::new(Uuid::from_u128(IDS_FROM - 10 - u128::from(seq.0))),
        actor: None,
        payload: body.encode().into(),
    })
    .expect("small enough")
}

/// A disk on which a whole day was worked, recorded from its first write.
///
/// # Errors
/// When the day could not be worked on a disk without faults.
pub fn recorded(seed: u64, commits: usize) -> anyhow::Result<Vec<crate::disk::Op>> {
    vfs::begin(seed);
    let disk = Disk::default();
    disk.record();
    let mut depot = Depot::begin(disk)?;
    for step in draw(seed, commits) {
        depot.step(&step)?;
    }
    let disk = Arc::clone(&depot.mounted.disk);
    depot.stop();
    Ok(disk.recorded())
}
